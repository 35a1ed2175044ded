// The claim page: keys, drafts of notes, and where the focus goes when a part of the page is replaced.
"use strict";

(() => {
  const page = () => document.getElementById("claim");
  const field = () => document.querySelector("[data-draft]");
  const draftKey = () => `factcheck-note/${page().dataset.draftKey}`;

  // Drafts: what is typed stays in this tab until it is stored.
  const keep = (text) => {
    try {
      if (text === "") sessionStorage.removeItem(draftKey());
      else sessionStorage.setItem(draftKey(), text);
    } catch {
      return false; // storage may be switched off, or full
    }
    return true;
  };
  const kept = () => {
    try {
      return sessionStorage.getItem(draftKey()) ?? "";
    } catch {
      return "";
    }
  };
  const tell = (text) => {
    const state = document.querySelector("[data-draft-state]");
    if (state !== null && state.textContent !== text) state.textContent = text;
  };
  const restore = () => {
    const note = field();
    if (note === null || note.value !== "" || kept() === "") return;
    note.value = kept();
    tell("Draft, not stored yet.");
  };
  document.addEventListener("input", (event) => {
    if (event.target === field()) tell(keep(event.target.value) ? "Draft, not stored yet." : "Not stored yet.");
  });
  document.addEventListener("noted", () => keep(""));

  // A key stands for the button, link or field that names it.
  const press = (element) => {
    if (element.matches("textarea, input")) element.focus();
    else element.click();
  };
  // What is being stored comes first: leaving the page would break it off.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".claim-nav a");
    if (link === null || document.querySelector(".htmx-request") === null) return;
    event.preventDefault();
    document.addEventListener("htmx:afterRequest", (done) => {
      if (done.detail.successful) setTimeout(() => link.click());
    }, { once: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === field()) {
      event.target.form.requestSubmit();
      event.preventDefault();
      return;
    }
    if (window.factcheck.typing(event) || event.repeat || event.shiftKey) return;
    const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (element === null) return;
    event.preventDefault();
    press(element);
  });

  // After a part was replaced: what was open stays open, and the focus stays where it was, or goes to the panel.
  let open = [];
  let focused = null;
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("#claim details[id]")].map((one) => [one.id, one.open]);
    const active = document.activeElement;
    focused = active !== null && page().contains(active) ? active.id : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const [id, state] of open) {
      const details = document.getElementById(id);
      if (details !== null) details.open = state;
    }
    restore();
    if (focused === null || (document.activeElement !== null && document.activeElement !== document.body)) return;
    const target = document.getElementById(focused) ?? document.getElementById("panel-title");
    target?.focus({ preventScroll: true });
  });

  restore();
})();
