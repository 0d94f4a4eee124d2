// Bounds the work of rendering one row. It counts and never looks at a clock: every planner must refuse the same rows.

/** Passes through a loop, parts of a template, elements that a filter goes through: about a microsecond each. */
export const renderStepsMax = 1_000_000;
/** Characters that are written, and elements and characters that filters and ranges make on the way. */
export const renderUnitsMax = 32 * 1024 * 1024;

/** Characters of a text that is only searched or compared which cost as much as one step. */
const charsPerStep = 1024;

/** Thrown where a bound is passed. A template engine may wrap it: `isPassed` tells for certain. */
class RenderBoundPassed extends Error {
  override readonly name = 'RenderBoundPassed';
}

/** Used again for every row. */
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

  /** Before something goes through all of a text or a list. `each` is what an element costs, in steps. */
  goThrough(value: unknown, each = 1): void {
    if (typeof value === 'string') {
      this.step(Math.floor((value.length * each) / charsPerStep));
    } else if (Array.isArray(value)) {
      this.step(value.length * each);
    }
  }

  /** Before something goes through an object's members. */
  goThroughMembers(value: unknown, each = 1): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    this.step(Object.keys(value).length * each);
  }
}
