// Medians, percentiles, and the tables that the sections print.

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

export const median = (values) => quantile(values, 0.5);

/** Prints rows under their heads: the first column to the left, the others to the right. */
export function printTable(title, heads, rows) {
  const texts = [heads, ...rows.map((row) => row.map(String))];
  const widths = heads.map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  console.log(`\n== ${title}`);
  for (const row of texts) {
    console.log(row.map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join('  '));
  }
}

/** One line on a figure that has a goal. */
export function printGoal(name, value, goal, unit = '') {
  console.log(`${name}: ${value.toFixed(2)}${unit} (goal: at most ${goal}${unit}${value <= goal ? '' : '; NOT met in this run'})`);
}
