// Keys of the list: j and k move from claim to claim, [ and ] from page to page.
"use strict";

(() => {
  const links = () => [...document.querySelectorAll("[data-rows] .row-claim")];

  const move = (step) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const to = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (all[to] === undefined) return;
    all[to].focus({ preventScroll: true });
    all[to].closest(".row").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (window.factcheck.typing(event)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "]") document.querySelector("a[rel=next]")?.click();
    else if (event.key === "[") document.querySelector("a[rel=prev]")?.click();
  });
})();
