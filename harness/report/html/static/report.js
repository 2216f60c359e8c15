"use strict";
// Filters, sorting and folding. Pages say all they have to say without it.

document.documentElement.classList.add("scripted");

function openTarget() {
  const place = location.hash.slice(1);
  const target = place && document.getElementById(place);
  if (!target) return;
  if (target.tagName === "DETAILS") target.open = true;
  if (target.classList.contains("quiet")) showQuiet(true);
  target.scrollIntoView();
}

function showQuiet(shown) {
  document.body.classList.toggle("show-quiet", shown);
  const box = document.getElementById("quiet");
  if (box) box.checked = shown;
}

function setUpTranscript() {
  for (const button of document.querySelectorAll("[data-fold]")) {
    button.addEventListener("click", () => {
      const open = button.dataset.fold === "open";
      for (const each of document.querySelectorAll(".transcript details")) each.open = open;
    });
  }
  const box = document.getElementById("quiet");
  if (box) box.addEventListener("change", () => showQuiet(box.checked));
}

function setUpFilters(table, form) {
  const rows = [...table.tBodies[0].rows];
  const selects = [...form.querySelectorAll("select")];
  for (const select of selects) {
    const values = new Set(rows.map((row) => row.dataset[select.name]).filter(Boolean));
    for (const value of [...values].sort()) select.add(new Option(value.replaceAll("_", " "), value));
  }
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const update = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits =
        selects.every((select) => !select.value || row.dataset[select.name] === select.value) &&
        words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("count").value = `${shown} of ${rows.length}`;
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}

function sortBy(table, column, kind, ascending) {
  const key = (row) => {
    const cell = row.cells[column];
    const said = cell.dataset.value ?? cell.textContent.trim();
    if (kind === "text") return said;
    return said === "" ? null : Number(said);
  };
  const compare = (a, b) => {
    const [one, other] = [key(a), key(b)];
    // What has no number stands last, whichever way it is sorted.
    if (one === null || other === null) return (one === null) - (other === null);
    const order = kind === "text" ? one.localeCompare(other) : one - other;
    return ascending ? order : -order;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
}

function setUpSorting(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sortBy(table, column, head.dataset.sort, ascending);
    });
  });
}

const table = document.getElementById("table");
if (table) {
  setUpFilters(table, document.getElementById("filters"));
  setUpSorting(table);
}
setUpTranscript();
addEventListener("hashchange", openTarget);
openTarget();
