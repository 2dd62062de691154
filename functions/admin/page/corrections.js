// What a reviewer has changed in a result and not yet saved: it goes with the approval.

/** A path as the API writes it: line_items.2.amount. */
export function dotted(path) {
  return path.join(".");
}

/** A path as a person counts: line_items 3 amount. */
export function spoken(path) {
  return path.map((each) => (typeof each === "number" ? each + 1 : each)).join(" ");
}

export class Corrections {
  constructor(draw) {
    this.draw = draw;
    this.forget();
  }

  forget() {
    this.changes = new Map(); // by object and path: {object, path, before, value, rule}; null takes it away
    this.added = new Map(); // by object and path of an array: {length, rows}: how many it has, and has got
    this.open = null; // what is being edited
    this.sent = [];
  }

  get size() {
    return this.changes.size;
  }

  at(object, path) {
    return this.changes.get(key(object, path));
  }

  /** Names of the object's properties that are changed or being edited. */
  names(object) {
    const touched = [...this.changes.values(), ...(this.open ? [this.open] : [])];
    return touched.filter((each) => each.object === object).map((each) => each.path[0]);
  }

  isOpen(object, path) {
    return this.open !== null && key(this.open.object, this.open.path) === key(object, path);
  }

  edit(object, path) {
    this.open = { object, path };
    this.draw();
    afterDrawing(() => document.getElementById("correction")?.select());
  }

  close() {
    const { path } = this.open;
    this.open = null;
    this.drawAt(path);
  }

  /** Draws, and leaves the keyboard at the value. */
  drawAt(path) {
    this.draw();
    afterDrawing(() => document.querySelector(`[data-at="${CSS.escape(dotted(path))}"]`)?.focus());
  }

  /** Keeps a value instead of `before`, which is undefined where there was none. */
  set(object, path, before, value) {
    this.open = null;
    if (value === (before ?? null)) return this.undo(object, path);
    this.changes.set(key(object, path), { object, path, before, value, rule: null });
    this.drawAt(path);
  }

  undo(object, path) {
    this.changes.delete(key(object, path));
    this.drawAt(path);
  }

  undoAll() {
    this.forget();
    this.draw();
  }

  /** Rows that an array has got here. */
  addedRows(object, path) {
    return this.added.get(key(object, path))?.rows ?? 0;
  }

  addRow(object, path, length, name) {
    const rows = this.addedRows(object, path) + 1;
    this.added.set(key(object, path), { object, path, length, rows });
    this.edit(object, [...path, length + rows - 1, name]);
  }

  /** Takes a row away, with what was changed in it. */
  removeRow(object, path, row) {
    const inside = `${key(object, path)}.`;
    for (const each of this.changes.keys()) if (each.startsWith(inside)) this.changes.delete(each);
    this.set(object, path, row, null);
  }

  /**
   * As the API takes them, in an order in which every number means what it means on the page: values first, then rows
   * and items that are taken away, the last ones first. Rows that were added and left empty are not counted.
   */
  list() {
    const [removals, values] = [[], []];
    for (const each of this.changes.values()) {
      (each.value === null && typeof each.path.at(-1) === "number" ? removals : values).push(each);
    }
    const byRow = (a, b) => numbers(a) - numbers(b);
    this.sent = [...values.sort(byRow), ...removals.sort(byRow).reverse()];
    return this.sent.map(({ object, path, value }) => ({ object, property: dotted(this.closeUp(object, path)), value }));
  }

  /** The path, its row counted without added rows that nothing was entered into. */
  closeUp(object, path) {
    const place = path.findIndex((each) => typeof each === "number");
    const array = this.added.get(key(object, path.slice(0, place)));
    if (!array || path[place] < array.length) return path;
    const used = new Set();
    for (const each of this.changes.values()) {
      const inside = each.object === object && dotted(each.path).startsWith(`${dotted(array.path)}.`);
      if (inside && each.path[place] >= array.length && each.path[place] < path[place]) used.add(each.path[place]);
    }
    return path.with(place, array.length + used.size);
  }

  /** Notes beside each value why the API refused it; gives how many it refused. */
  refuse(errors) {
    for (const each of this.sent) each.rule = null;
    let refused = 0;
    for (const { field, rule } of errors) {
      const change = this.sent[Number(/^corrections\.(\d+)/.exec(field)?.[1])];
      if (!change) continue;
      change.rule = rule;
      refused += 1;
    }
    return refused;
  }
}

// Drawing is a microtask; what is typed next goes where this leads.
function afterDrawing(act) {
  queueMicrotask(act);
}

function key(object, path) {
  return `${object} ${dotted(path)}`;
}

function numbers({ path }) {
  return path.find((each) => typeof each === "number") ?? -1;
}
