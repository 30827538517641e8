// Sorts the table of runs by the column whose heading is pressed; empty cells come last in both directions.
"use strict";
const table = document.getElementById("table");
const headings = [...table.tHead.rows[0].cells];
headings.forEach((heading, column) => heading.querySelector("button").addEventListener("click", () => {
  const isAscending = heading.getAttribute("aria-sort") !== "ascending";
  headings.forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
  const value = (row) => row.cells[column].dataset.value;
  const rows = [...table.tBodies[0].rows];
  const isNumeric = rows.every((row) => value(row) === "" || !Number.isNaN(Number(value(row))));
  const order = (a, b) => (isNumeric ? Number(a) - Number(b) : a.localeCompare(b));
  rows.sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return isAscending ? order(a, b) : order(b, a);
  });
  table.tBodies[0].append(...rows);
}));
document.documentElement.dataset.ready = "yes";
