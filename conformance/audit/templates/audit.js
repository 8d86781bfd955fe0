(() => {
  "use strict";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const get = (id) => document.getElementById(id);
  const cf = get("cf");

  const order = () => {
    const heads = new Map(all(".matrix th.target").map((th) => [th.dataset.target, th]));
    const how = get("order").value;
    const by = {
      given: (th) => Number(th.dataset.target),
      worst: (th) => Number(th.dataset.rank) * 1e6 + Number(th.dataset.good),
      best: (th) => -(Number(th.dataset.rank) * 1e6 + Number(th.dataset.good)),
    }[how];
    const sorted = [...heads.values()].sort((a, b) => (by ? by(a) - by(b) : a.dataset.name.localeCompare(b.dataset.name))
      || a.dataset.target - b.dataset.target);
    const places = sorted.map((th) => th.dataset.target);
    for (const row of all(".matrix tr")) {
      const cells = new Map(all(":scope > [data-target]", row).map((cell) => [cell.dataset.target, cell]));
      row.append(...places.map((place) => cells.get(place)).filter(Boolean));
    }
  };

  const filter = () => {
    const words = get("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const name = get("find-target").value.toLowerCase();
    const picked = new Set(all(".pick").filter((one) => one.checked).map((one) => one.value));
    const differ = get("differ").checked;
    const hidden = new Set();
    for (const row of all("#target-table tbody tr")) {
      row.hidden = Boolean(name) && !row.textContent.toLowerCase().includes(name);
      if (row.hidden) hidden.add(row.dataset.target);
    }
    for (const cell of all(".matrix [data-target]")) cell.hidden = hidden.has(cell.dataset.target);
    let shown = 0;
    const rows = all("tr.audited");
    for (const row of rows) {
      const verdicts = new Set(all("td[data-verdict]", row).filter((td) => !td.hidden).map((td) => td.dataset.verdict));
      row.hidden = !(words.every((word) => row.dataset.text.toLowerCase().includes(word))
        && (picked.size === 5 || [...verdicts].some((verdict) => picked.has(verdict)))
        && (!differ || verdicts.size > 1));
      shown += !row.hidden;
    }
    for (const row of all("tr.choice")) {
      row.hidden = !(words.every((word) => row.dataset.text.toLowerCase().includes(word))
        && (!differ || row.dataset.differs === "1"));
    }
    for (const body of all(".matrix tbody")) {
      const own = all("tr.audited, tr.choice", body);
      body.hidden = own.length > 0 && own.every((row) => row.hidden);
    }
    get("shown").textContent = get("cf-word-shown").textContent.replace("{n}", shown).replace("{total}", rows.length);
  };

  const head = get("target-table").tHead.rows[0];
  [...head.cells].forEach((th, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => {
      const down = th.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[at]?.dataset.value ?? row.cells[at]?.textContent ?? "";
      const compare = th.dataset.sort === "number"
        ? (a, b) => (parseFloat(value(a)) || 0) - (parseFloat(value(b)) || 0)
        : (a, b) => value(a).localeCompare(value(b));
      const body = get("target-table").tBodies[0];
      body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * compare(a, b)));
    });
  });
  get("find").addEventListener("input", filter);
  get("find-target").addEventListener("input", filter);
  get("differ").addEventListener("change", filter);
  get("order").addEventListener("change", order);
  for (const pick of all(".pick")) pick.addEventListener("change", filter);
  cf.addEventListener("cf-spoken", filter);
  get("reset").addEventListener("click", () => {
    get("find").value = get("find-target").value = "";
    get("differ").checked = false;
    for (const pick of all(".pick")) pick.checked = true;
    get("order").value = "given";
    order();
    filter();
  });
  filter();
})();
