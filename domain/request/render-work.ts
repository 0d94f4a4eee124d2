// Bounds the work of rendering one row. It counts steps and never reads a clock, because every planner must refuse the same rows.

/** Steps: passes of a loop, parts of a template, elements in a filter. Each takes about a microsecond. */
export const renderStepsMax = 1_000_000;
/** Characters written, and elements and characters that filters and ranges create on the way. */
export const renderUnitsMax = 32 * 1024 * 1024;

/** So many characters of a text that is only searched or compared cost as much as one step. */
const charsPerStep = 1024;

/** Thrown when a bound is passed. A template engine may wrap it: `isPassed` says for certain. */
class RenderBoundPassed extends Error {
  override readonly name = 'RenderBoundPassed';
}

/** Reused for every row. */
export class RenderWork {
  #steps = 0;
  #units = 0;

  begin(): void {
    this.#steps = 0;
    this.#units = 0;
  }

  get isPassed(): boolean {
    return this.#steps > renderStepsMax || this.#units > renderUnitsMax;
  }

  step(count = 1): void {
    if (count > 0) this.#steps += count;
    if (this.#steps > renderStepsMax) throw new RenderBoundPassed();
  }

  make(units: number): void {
    if (units > 0) this.#units += units;
    if (this.#units > renderUnitsMax) throw new RenderBoundPassed();
  }

  /** Call it before something goes through all of a text or a list. `each` is the cost of an element, in steps. */
  goThrough(value: unknown, each = 1): void {
    if (typeof value === 'string') {
      this.step(Math.floor((value.length * each) / charsPerStep));
    } else if (Array.isArray(value)) {
      this.step(value.length * each);
    }
  }

  /** Call it before something goes through an object's members. */
  goThroughMembers(value: unknown, each = 1): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    this.step(Object.keys(value).length * each);
  }
}
