// What every page does: dark or light, the help, messages, copying, lean addresses. No dependencies.
"use strict";

(() => {
  const THEME = "factcheck-theme";
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(THEME);
    } catch {
      return null; // storage may be switched off
    }
  };
  const wear = (theme) => {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  };
  wear(stored()); // before anything is drawn

  const switchTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    wear(dark ? "light" : "dark");
    try {
      localStorage.setItem(THEME, root.dataset.theme);
    } catch {
      // it holds for this page
    }
  };

  /** Whether a key belongs to a field, a dialog or the browser, and is none of ours. */
  const typing = (event) =>
    event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
    event.target.closest("input, textarea, select, [contenteditable]") !== null ||
    document.querySelector("dialog[open]") !== null;

  let timer = 0;
  const say = (text) => {
    const toast = document.getElementById("toast");
    toast.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.textContent = ""; }, 6000);
  };

  window.factcheck = { typing, say };

  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      say("Copied.");
    } catch { // no clipboard without encryption but on this machine
      field.focus();
      field.select();
      say("Press Ctrl-C to copy.");
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) return;
    if ("themeSwitch" in button.dataset) switchTheme();
    if ("help" in button.dataset) document.getElementById("help").showModal();
    if ("copy" in button.dataset) copy(button);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("input, textarea, select") !== null) event.target.blur();
    if (typing(event)) return;
    if (event.key === "?") {
      document.getElementById("help").showModal();
      event.preventDefault();
    } else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (field === null) return;
      field.focus();
      field.select();
      event.preventDefault();
    }
  });

  // What was left empty stays out of the address.
  document.addEventListener("submit", (event) => {
    if (!("lean" in event.target.dataset)) return;
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("[data-lean] :disabled")) field.disabled = false;
  });

  // A form that htmx does not know yet, while the page loads, waits for it: the browser would send it without the key.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[hx-post], [hx-get]")) return;
    event.preventDefault();
    form.classList.add("htmx-request"); // something is being stored
    setTimeout(() => {
      if (!form.isConnected) return;
      if (event.submitter === null) form.requestSubmit();
      else event.submitter.click(); // htmx takes the button's value from its click
    }, 20);
  });

  document.addEventListener("toast", (event) => say(event.detail.value));
  document.addEventListener("htmx:beforeRequest", () => {
    const messages = document.getElementById("messages");
    if (messages.childElementCount > 0) messages.replaceChildren();
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.id !== "news") say("The review does not answer: is it still running in its terminal?");
  });
})();
