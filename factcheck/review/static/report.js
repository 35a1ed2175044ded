// The report in one file: lists, filters, evidence, decisions. Data is put on the page as text only; no dependencies.
"use strict";

(() => {
  const PAGE = 25;
  const THEME = "factcheck-theme";
  const WHO = "factcheck-reviewer";
  const WORDS = [
    { word: "Supported", symbol: "✓", css: "is-supported" },
    { word: "Contradicted", symbol: "✗", css: "is-contradicted" },
    { word: "Conflicting", symbol: "⇄", css: "is-conflicting" },
    { word: "Not enough info", symbol: "?", css: "is-unknown" },
  ]; // in the order of the labels
  const STANCES = {
    supports: { word: "supports", symbol: "✓", css: "is-supported" },
    contradicts: { word: "contradicts", symbol: "✗", css: "is-contradicted" },
    neutral: { word: "neutral", symbol: "–", css: "is-unknown" },
  };
  const STATUSES = {
    unreviewed: { word: "Not reviewed", symbol: "○", css: "is-open" },
    accepted: { word: "Accepted", symbol: "●", css: "is-accepted" },
    overruled: { word: "Overruled", symbol: "◆", css: "is-overruled" },
    disputed: { word: "Disputed", symbol: "≠", css: "is-disputed" },
    "needs re-review": { word: "Needs re-review", symbol: "↻", css: "is-stale" },
  };

  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  /** An element with text and children; nothing that is given here is ever read as HTML. */
  const make = (name, options = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") element.textContent = value;
      else if (key === "click") element.addEventListener("click", value);
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const words = (text, css = "") => make("span", { text, dir: "auto", class: css });
  const badge = ({ word, symbol, css }, kind = "badge") =>
    make("span", { class: `${kind} ${css}` }, make("span", { class: "symbol", "aria-hidden": "true", text: symbol }), ` ${word}`);
  const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  // What is there
  const data = JSON.parse($("index").textContent);
  const blocks = [...document.querySelectorAll("script.block")];
  const parsed = new Map();
  const details = (at) => {
    const block = Math.floor(at / data.block);
    if (!parsed.has(block)) parsed.set(block, JSON.parse(blocks[block].textContent));
    return parsed.get(block)[at % data.block];
  };

  // What is kept: in the browser's storage where it has one for this file, else as long as the page is open
  const KEY = `factcheck-report:${data.key}`;
  let remembers = true;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      remembers = false;
      return null;
    }
  };
  const write = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch { // switched off, or full
      remembers = false;
    }
    $("memory").hidden = remembers;
  };
  let events = []; // of the log that is saved to a file
  let saved = new Set(); // ids of those that are in a file
  let byClaim = new Map();
  let reviewer = read(WHO) ?? "";

  const group = () => {
    byClaim = new Map();
    for (const event of events) {
      if (!byClaim.has(event.claim_id)) byClaim.set(event.claim_id, []);
      byClaim.get(event.claim_id).push(event);
    }
  };
  const load = () => {
    let kept = {};
    try {
      kept = JSON.parse(read(KEY) ?? "{}");
    } catch {
      kept = {}; // not ours
    }
    const known = new Set(events.map((event) => event.id));
    for (const event of Array.isArray(kept?.events) ? kept.events : []) {
      if (typeof event?.id === "string" && !known.has(event.id)) events.push(event);
    }
    for (const id of Array.isArray(kept?.saved) ? kept.saved : []) saved.add(id);
    events.sort((one, other) => one.time - other.time);
    group();
  };
  const keep = () => {
    load(); // another tab may have written
    write(KEY, JSON.stringify({ events, saved: [...saved] }));
    showUnsaved();
  };
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const act = (at, kind, detail) => {
    const last = byClaim.get(data.ids[at])?.at(-1)?.time ?? 0;
    const time = Math.max(Date.now() / 1000, last + 0.001); // in order, wherever the clock has jumped
    events.push({ id: newId(), claim_id: data.ids[at], reviewer, time, kind, detail });
    group();
    keep();
  };

  /** What still counts of what was done here to a claim. */
  const counted = (at) => {
    const all = byClaim.get(data.ids[at]) ?? [];
    const undone = new Set(all.filter((event) => event.kind === "undo").map((event) => event.detail.event));
    return all.filter((event) => event.kind !== "undo" && !undone.has(event.id));
  };
  const decisionOf = (at) => counted(at).filter((event) => event.kind === "decide" && event.reviewer === reviewer).at(-1) ?? null;
  const statusOf = (at) => {
    const mine = decisionOf(at);
    if (mine === null) return data.status[at];
    if (mine.detail.saw !== details(at).saw) return "needs re-review";
    return mine.detail.label === mine.detail.machine ? "accepted" : "overruled";
  };

  // Which claims are listed
  let chosen = null; // a label
  let list = [];
  let page = 0;
  let current = null; // the claim that keys are for
  const lower = [];
  const has = (at, text) => {
    lower[at] ??= `${data.texts[at]}\n${data.ids[at]}`.toLowerCase();
    return lower[at].includes(text);
  };
  const fits = (at, text, status) => {
    if (text && !has(at, text)) return false;
    if (!status) return true;
    const found = statusOf(at);
    if (status === "open") return found === "unreviewed" || found === "needs re-review";
    if (status === "decided") return found !== "unreviewed" && found !== "needs re-review";
    return found === status;
  };
  const ORDERS = {
    claim: (one, other) => one - other,
    sure: (one, other) => data.sure[one] - data.sure[other] || one - other,
    urgent: (one, other) => data.urgent[one] - data.urgent[other] || data.sure[one] - data.sure[other] || one - other,
  };
  const filter = () => {
    const text = $("text").value.trim().toLowerCase();
    const status = $("status").value;
    const fitting = data.ids.map((_, at) => at).filter((at) => fits(at, text, status));
    showTiles(fitting);
    list = fitting.filter((at) => chosen === null || data.label[at] === chosen).sort(ORDERS[$("order").value]);
    page = 0;
    current = null;
    show();
  };

  const showTiles = (fitting) => {
    const counts = WORDS.map(() => 0);
    for (const at of fitting) counts[data.label[at]] += 1;
    WORDS.forEach((word, label) => {
      const button = $(`tile-${label}`);
      button.querySelector(".count").textContent = counts[label].toLocaleString("en");
      button.setAttribute("aria-pressed", String(chosen === label));
    });
  };
  const showUnsaved = () => {
    const number = events.filter((event) => !saved.has(event.id)).length;
    $("unsaved").textContent = events.length === 0 ? "" : number === 0 ? "All saved." : `${count(number, "change")} not saved to a file.`;
    $("save").disabled = events.length === 0;
    $("who").textContent = reviewer === "" ? "Your name" : reviewer;
    $("who").setAttribute("aria-label", reviewer === "" ? "Give your name" : `You review as ${reviewer}. Change the name`);
  };
  const pages = () => Math.max(1, Math.ceil(list.length / PAGE));
  const show = () => {
    $("found").textContent = list.length === data.ids.length ? count(list.length, "claim") : `${list.length.toLocaleString("en")} of ${count(data.ids.length, "claim")}`;
    $("claims").replaceChildren(...list.slice(page * PAGE, (page + 1) * PAGE).map(item));
    $("page").textContent = `Page ${(page + 1).toLocaleString("en")} of ${pages().toLocaleString("en")}`;
    $("back").disabled = page === 0;
    $("next").disabled = page >= pages() - 1;
    showUnsaved();
  };

  // A claim
  const mineOf = (at) => {
    const status = statusOf(at);
    const { word, symbol, css } = STATUSES[status] ?? STATUSES.unreviewed;
    const mine = decisionOf(at);
    const label = mine === null ? data.reviewed[at] : data.labels.indexOf(mine.detail.label);
    const more = status === "overruled" ? `: ${WORDS[label].word.toLowerCase()}` : "";
    return make("span", { class: "claim-mine" }, badge({ word: word + more, symbol, css }, "status"));
  };
  const item = (at) => {
    const summary = make("summary", {}, badge(WORDS[data.label[at]]), words(data.texts[at], "claim-text"), mineOf(at));
    const box = make("details", {}, summary);
    const element = make("li", { class: "claim", id: `claim-${at}` }, box);
    box.addEventListener("toggle", () => {
      if (box.open) fill(at);
    });
    summary.addEventListener("focus", () => choose(at));
    element.addEventListener("focusin", () => choose(at));
    return element;
  };
  const choose = (at) => {
    if (current === at) return;
    if (current !== null) $(`claim-${current}`)?.classList.remove("current");
    current = at;
    $(`claim-${at}`)?.classList.add("current");
  };
  const fill = (at) => {
    const box = $(`claim-${at}`).querySelector("details");
    if (box.querySelector(".body") === null) box.append(body(at));
  };
  const refresh = (at) => {
    const element = $(`claim-${at}`);
    if (element === null) return;
    element.querySelector(".claim-mine").replaceWith(mineOf(at));
    const choices = element.querySelector(".decide");
    if (choices === null) return;
    const focused = choices.contains(document.activeElement) ? document.activeElement.dataset.choice : null;
    choices.replaceWith(decide(at));
    if (focused !== null) element.querySelector(`[data-choice="${focused}"]`)?.focus();
    element.querySelector(".notes").replaceWith(notes(at));
  };
  const body = (at) => {
    const claim = details(at);
    const sure = claim.confidence === undefined ? `score ${(claim.score ?? 0).toFixed(2)}` : `confidence ${claim.confidence.toFixed(2)}`;
    const facts = [data.ids[at], claim.place, claim.date, sure, claim.reason].filter((fact) => fact !== undefined);
    return make(
      "div",
      { class: "body" },
      make("p", { class: "facts" }, ...facts.map((fact) => words(fact))),
      decide(at),
      evidence(claim),
      make("h3", { text: "What reviewers said" }),
      notes(at),
      noteForm(at),
    );
  };
  const decide = (at) => {
    const mine = decisionOf(at);
    const given = mine === null ? null : data.labels.indexOf(mine.detail.label);
    const machine = data.label[at];
    const accept = make("button", { type: "button", "data-choice": "a", title: "a", text: `Accept: ${WORDS[machine].word}`, click: () => give(at, machine) });
    const labels = WORDS.map((word, label) =>
      make("button", { type: "button", "data-choice": String(label), title: String(label + 1), "aria-pressed": String(given === label), text: `${word.symbol} ${word.word}`, click: () => give(at, label) }),
    );
    const back = make("button", { type: "button", "data-choice": "u", title: "u", text: "Undo", click: () => undo(at) });
    back.disabled = !counted(at).some((event) => event.reviewer === reviewer);
    return make("fieldset", { class: "decide" }, make("legend", { text: "Your verdict" }), make("div", { class: "choices" }, accept, ...labels, back));
  };
  const evidence = (claim) => {
    const pieces = claim.evidence ?? [];
    if (pieces.length === 0) return make("p", { class: "soft", text: "No sentence was found." });
    const sides = make("div", { class: "sides" });
    const named = [["supports", "For"], ["contradicts", "Against"], ["neutral", "Nearest sentences"]];
    for (const [stance, heading] of named) {
      const found = pieces.filter((one) => one.stance === stance);
      if (found.length === 0) continue;
      const { symbol, css } = STANCES[stance];
      sides.append(make("section", { class: "side" }, make("h3", { class: css }, make("span", { "aria-hidden": "true", text: symbol }), ` ${heading}`), ...found.map(piece)));
    }
    if (sides.children.length > 1) sides.classList.add("both");
    if (claim.more === undefined) return sides;
    return make("div", {}, sides, make("p", { class: "soft", text: `${count(claim.more, "more sentence was", "more sentences were")} read; the run has them.` }));
  };
  const piece = (one) => {
    const [title, path, url, date] = data.documents[one.document];
    const quote = make("blockquote", { class: "quote", dir: "auto" });
    if (one.before !== undefined) quote.append(make("span", { class: "around", text: one.before }));
    const differs = new Set(one.differs ?? []);
    quote.append(make("mark", {}, ...one.quote.map((text, at) => (differs.has(at) ? make("span", { class: "differs", text }) : text))));
    if (one.after !== undefined) quote.append(make("span", { class: "around", text: one.after }));
    const facts = [path === title ? null : path, one.page === undefined ? null : `page ${one.page}`, `characters ${one.span[0]}–${one.span[1]}`, date];
    const where = make("p", { class: "where" });
    where.append(/^https?:\/\//i.test(url ?? "") ? make("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank", dir: "auto", text: title || url }) : words(title || path));
    for (const fact of facts.filter((found) => found !== null && found !== "")) where.append(" · ", words(fact));
    const [entails, neutral, contradicts] = one.scores;
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    for (const [css, share] of [["bar-supports", entails], ["bar-neutral", neutral], ["bar-contradicts", contradicts]]) {
      const part = make("span", { class: css });
      part.style.flex = `${share} 0 0`;
      bar.append(part);
    }
    const shares = `supports ${percent(entails)}, neutral ${percent(neutral)}, contradicts ${percent(contradicts)}`;
    const marks = [one.wrong ? "marked as wrong by a reviewer" : null, one.added ? "added by a reviewer" : null].filter((mark) => mark !== null);
    return make(
      "article",
      { class: `piece ${STANCES[one.stance].css}${one.wrong ? " wrong" : ""}` },
      quote,
      one.read === undefined ? null : make("p", { class: "where" }, "The model read: ", words(one.read)),
      one.findings === undefined ? null : make("ul", { class: "findings", "aria-label": "What the words of the quote say against its probabilities" }, ...one.findings.map(finding)),
      where,
      one.copies === undefined ? null : make("p", { class: "where" }, "Also in: ", words(one.copies.join("; "))),
      marks.length === 0 ? null : make("p", { class: "where", text: marks.join(", ") }),
      make("div", { class: "chances" }, bar, make("span", { text: shares })),
    );
  };
  const finding = ([check, detail]) => make("li", {}, make("span", { "aria-hidden": "true", text: "≠ " }), make("strong", { text: `${check}: ` }), words(detail));
  const percent = (share) => `${Math.round(share * 100)} %`;
  const notes = (at) => {
    const review = details(at).review ?? {};
    const found = make("ul", { class: "notes" });
    const line = (who, what, text) => found.append(make("li", {}, words(who, "voice"), ` ${what}`, text === undefined ? "" : words(text)));
    for (const one of review.reviewers ?? []) line(one.reviewer, `said ${one.verdict}${one.stands ? "" : ", on other evidence or settled since"}`);
    for (const one of review.notes ?? []) line(one.reviewer, "noted: ", one.text);
    if (review.assigned) line(review.assigned, "is to review it");
    for (const event of counted(at)) {
      if (event.kind === "decide" && event !== decisionOf(at) && event.reviewer === reviewer) continue; // a later one counts
      if (event.kind === "decide") line(event.reviewer, `said ${event.detail.label}, here`);
      if (event.kind === "note") line(event.reviewer, "noted here: ", event.detail.text);
    }
    if (found.children.length === 0) found.append(make("li", { class: "soft", text: "Nothing yet." }));
    return found;
  };
  const noteForm = (at) => {
    const area = make("textarea", { id: `note-${at}`, rows: "2" });
    const send = async () => {
      const text = area.value.trim();
      if (text === "" || !(await named())) return;
      act(at, "note", { text });
      area.value = "";
      refresh(at);
      say("Noted.");
    };
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
      if (event.key === "Escape") $(`claim-${at}`).querySelector("summary").focus();
    });
    return make("div", { class: "note" }, make("label", { for: `note-${at}`, text: "Your note" }), area, make("button", { type: "button", text: "Add note", click: send }));
  };

  // What a reviewer does
  const give = async (at, label) => {
    if (!(await named())) return;
    act(at, "decide", { label: data.labels[label], machine: data.labels[data.label[at]], saw: details(at).saw, drawn: "", settles: false });
    refresh(at);
    say(`${WORDS[label].word}: decided.`);
  };
  const undo = async (at) => {
    const last = counted(at).filter((event) => event.reviewer === reviewer).at(-1);
    if (last === undefined) return say("There is nothing of yours to take back here.");
    act(at, "undo", { event: last.id });
    refresh(at);
    say(last.kind === "note" ? "The note is taken back." : "The decision is taken back.");
  };
  /** Asks for the reviewer's name where there is none; whether there is one then. */
  const named = (again = false) => {
    if (reviewer !== "" && !again) return Promise.resolve(true);
    const before = document.activeElement;
    $("name").value = reviewer;
    $("ask").showModal();
    return new Promise((resolve) => {
      $("ask").addEventListener("close", () => {
        before?.focus();
        resolve(reviewer !== "");
      }, { once: true });
    });
  };
  $("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("name").value.trim();
    if (name === "") return;
    reviewer = name;
    write(WHO, reviewer);
    $("ask").close();
  });
  const save = () => {
    load();
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const address = URL.createObjectURL(new Blob([lines], { type: "application/jsonl" }));
    const plain = (text) => text.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    make("a", { href: address, download: `decisions-${plain(data.name)}-${plain(reviewer)}.jsonl` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    saved = new Set(events.map((event) => event.id));
    keep();
    say(`${count(events.length, "change")} saved. Bring them into the run with: factcheck review RUN --merge FILE`);
  };

  let timer = 0;
  const say = (text) => {
    $("toast").textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { $("toast").textContent = ""; }, 6000);
  };

  // Keys
  const go = (step) => {
    const at = list.indexOf(current);
    const wanted = current === null ? page * PAGE : Math.min(Math.max(at + step, 0), list.length - 1);
    if (list.length === 0) return;
    if (Math.floor(wanted / PAGE) !== page) {
      page = Math.floor(wanted / PAGE);
      show();
    }
    const element = $(`claim-${list[wanted]}`);
    element.querySelector("summary").focus();
    element.scrollIntoView({ block: "nearest" });
  };
  const note = (at) => {
    $(`claim-${at}`).querySelector("details").open = true;
    fill(at);
    $(`note-${at}`).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (event.target.closest("input, textarea, select") !== null) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onClaim = {
      1: (at) => give(at, 0), 2: (at) => give(at, 1), 3: (at) => give(at, 2), 4: (at) => give(at, 3),
      a: (at) => give(at, data.label[at]), n: note, u: undo,
    };
    const anywhere = { j: () => go(1), k: () => go(-1), "/": () => $("text").focus(), "?": () => $("help").showModal() };
    if (Object.hasOwn(anywhere, event.key)) {
      event.preventDefault();
      anywhere[event.key]();
    } else if (Object.hasOwn(onClaim, event.key) && current !== null) {
      event.preventDefault();
      onClaim[event.key](current);
    }
  });

  // Everything else on the page
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  if (["dark", "light"].includes(read(THEME))) root.dataset.theme = read(THEME);
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    write(THEME, root.dataset.theme);
  });
  $("keys").addEventListener("click", () => $("help").showModal());
  $("help-close").addEventListener("click", () => $("help").close());
  $("ask-close").addEventListener("click", () => $("ask").close());
  $("who").addEventListener("click", async () => {
    await named(true);
    show();
  });
  $("save").addEventListener("click", save);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("text").addEventListener("input", filter);
  $("status").addEventListener("change", filter);
  $("order").addEventListener("change", filter);
  const turn = (step) => {
    page += step;
    current = null;
    show();
    $("main").focus();
    $("found").scrollIntoView({ block: "start" });
  };
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    load();
    for (const element of document.querySelectorAll(".claim")) refresh(Number(element.id.slice("claim-".length)));
    showUnsaved();
  });
  addEventListener("beforeunload", (event) => {
    if (!remembers && events.some((one) => !saved.has(one.id))) event.preventDefault();
  });
  let opened = [];
  addEventListener("beforeprint", () => { // paper cannot be opened
    opened = [...document.querySelectorAll(".claim details:not([open])")];
    for (const box of opened) {
      box.open = true;
      fill(Number(box.parentElement.id.slice("claim-".length)));
    }
  });
  addEventListener("afterprint", () => {
    for (const box of opened) box.open = false;
  });

  WORDS.forEach((word, label) => {
    const button = make("button", { type: "button", id: `tile-${label}`, class: word.css, "aria-pressed": "false" }, make("span", {}, make("span", { "aria-hidden": "true", text: word.symbol }), ` ${word.word}`), make("span", { class: "count" }));
    button.addEventListener("click", () => {
      chosen = chosen === label ? null : label;
      filter();
    });
    $("tiles").append(make("li", {}, button));
  });
  load();
  for (const id of ["app", "who", "theme", "keys"]) $(id).hidden = false;
  $("memory").hidden = remembers;
  filter();
})();
