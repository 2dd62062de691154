// Where quotes are in a text. Places are code points, as the API counts them; a string of the browser's counts
// UTF-16 units, so the text is kept as an array of its characters.

/** Every citation of an object's evidence, with the path of the property that it stands for, rows from 0. */
export function citations(evidence, path = []) {
  if (Array.isArray(evidence)) return evidence.flatMap((each, n) => citations(each, [...path, n]));
  if (evidence === null || typeof evidence !== "object") return [];
  if (Array.isArray(evidence.citations) && "confidence" in evidence) {
    const before = citations(evidence.previous?.evidence ?? null, path);
    return [...evidence.citations.map((each) => ({ ...each, path })), ...before];
  }
  return Object.entries(evidence).flatMap(([name, branch]) => citations(branch, [...path, name]));
}

/**
 * Cuts a stretch of text at the ends of the quotes in it.
 *
 * @param {string[]} characters the stretch
 * @param {number} start where it begins in the document
 * @param {{start: number, end: number}[]} quotes
 * @returns {{text: string, quotes: object[]}[]} pieces, each with the quotes that it is in
 */
export function pieces(characters, start, quotes) {
  const end = start + characters.length;
  const inside = quotes.filter((quote) => quote.start !== null && quote.start < end && quote.end > start);
  const cuts = new Set([start, end]);
  for (const quote of inside) {
    cuts.add(Math.max(start, quote.start));
    cuts.add(Math.min(end, quote.end));
  }
  const places = [...cuts].sort((a, b) => a - b);
  const found = [];
  for (let n = 0; n + 1 < places.length; n += 1) {
    const [from, to] = [places[n], places[n + 1]];
    found.push({
      text: characters.slice(from - start, to - start).join(""),
      quotes: inside.filter((quote) => quote.start <= from && quote.end >= to),
    });
  }
  return found;
}
