// Figures side by side, each with its name. They are changed in place.

import { make, setText } from './dom.ts';

export interface Tile {
  readonly name: string;
  readonly figure: string;
  /** What is wrong with the figure. */
  readonly warning?: string;
  /** A bar below it. */
  readonly meter?: { readonly value: number; readonly max: number; readonly name: string };
}

export class Tiles {
  readonly element = make('dl', { class: 'tiles' });
  readonly #shown: TileBox[] = [];

  show(tiles: readonly Tile[]): void {
    while (this.#shown.length > tiles.length) this.#shown.pop()?.element.remove();
    for (const [index, tile] of tiles.entries()) {
      const box = this.#shown[index] ?? this.#add();
      box.show(tile);
    }
  }

  #add(): TileBox {
    const box = new TileBox();
    this.#shown.push(box);
    this.element.append(box.element);
    return box;
  }
}

class TileBox {
  readonly #name = make('dt');
  readonly #figure = make('dd', { class: 'figure' });
  readonly #meter = make('meter', { min: '0' });
  readonly #bar = make('dd', {}, this.#meter);
  readonly #warning = make('dd', { class: 'problem' });
  readonly element = make('div', {}, this.#name, this.#figure, this.#bar, this.#warning);

  show({ name, figure, meter, warning = '' }: Tile): void {
    setText(this.#name, name);
    setText(this.#figure, figure);
    setText(this.#warning, warning);
    this.#warning.hidden = warning === '';
    this.#bar.hidden = meter === undefined;
    if (meter === undefined) return;
    this.#meter.max = meter.max;
    this.#meter.value = meter.value;
    this.#meter.setAttribute('aria-label', meter.name);
  }
}
