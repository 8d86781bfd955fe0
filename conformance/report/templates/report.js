(() => {
  "use strict";
  const cf = document.getElementById("cf");
  const all = (selector, from = cf) => [...from.querySelectorAll(selector)];
  const get = (id) => document.getElementById(id);
  const rows = all(".cf-row");
  const picks = all(".cf-pick input");

  const texts = new Map();
  const textOf = (row) => {
    if (!texts.has(row)) {
      const parts = [row.querySelector(".cf-main"), row.querySelector("summary"), ...all(".cf-finding", row)];
      texts.set(row, parts.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return texts.get(row);
  };

  function filter() {
    const words = get("cf-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(picks.filter((pick) => pick.checked).map((pick) => pick.value));
    const table = get("cf-table").value;
    let shown = 0;
    for (const section of all(".cf-table")) {
      let some = false;
      for (const row of all(".cf-row", section)) {
        const fits = (!table || section.dataset.table === table) && verdicts.has(row.dataset.verdict)
          && (!words.length || words.every((word) => textOf(row).includes(word)));
        row.hidden = !fits;
        some ||= fits;
        shown += fits;
      }
      section.hidden = !some;
    }
    get("cf-shown").textContent = get("cf-word-shown").textContent.replace("{n}", shown).replace("{total}", rows.length);
  }

  function sort() {
    const worst = get("cf-sort").value === "worst";
    const key = (row) => (worst ? row.dataset.rank * 1e6 : 0) + Number(row.dataset.n);
    for (const table of all(".cf-table > table")) table.append(...all(".cf-row", table).sort((a, b) => key(a) - key(b)));
    for (const run of all(".cf-run")) {
      const tables = all(".cf-table", run);
      const place = document.createComment("");
      if (!tables.length) continue;
      tables[0].before(place);
      const rank = (table) => (worst ? Math.min(...all(".cf-row", table).map((row) => Number(row.dataset.rank))) : 0);
      tables.forEach((table, number) => { table.dataset.place ??= number; });
      tables.sort((a, b) => rank(a) - rank(b) || a.dataset.place - b.dataset.place);
      for (const table of tables) place.before(table);
      place.remove();
    }
  }

  function reset() {
    get("cf-search").value = "";
    get("cf-table").value = "";
    for (const pick of picks) pick.checked = true;
    filter();
  }

  function reveal() {
    let id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const target = id && document.getElementById(id);
    if (!target || !cf.contains(target)) return;
    const row = target.closest(".cf-row");
    if (row?.hidden) reset();
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    (target.classList.contains("cf-in") && row ? row : target).scrollIntoView();
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    let done = "cf-word-copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try { if (!document.execCommand("copy")) done = "cf-word-not-copied"; } catch { done = "cf-word-not-copied"; }
    }
    button.dataset.done = get(done).textContent;
    setTimeout(() => { delete button.dataset.done; }, 2000);
  }

  cf.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) { copy(button); return; }
    const main = event.target.closest(".cf-main");
    if (main && !event.target.closest("a, button") && !String(getSelection())) {
      const box = main.parentElement.querySelector(".cf-proof");
      box.open = !box.open;
    }
  });
  get("cf-search").addEventListener("input", filter);
  get("cf-table").addEventListener("change", filter);
  get("cf-sort").addEventListener("change", sort);
  for (const pick of picks) pick.addEventListener("change", filter);
  get("cf-open").addEventListener("click", () => { for (const row of rows) if (!row.hidden) row.querySelector(".cf-proof").open = true; });
  get("cf-close").addEventListener("click", () => { for (const box of all(".cf-proof")) box.open = false; });
  get("cf-reset").addEventListener("click", reset);
  cf.addEventListener("cf-spoken", () => { texts.clear(); filter(); });
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const box of all(":is(.cf-violates, .cf-inconclusive) .cf-proof")) box.open = true;
  });

  filter();
  reveal();
})();
