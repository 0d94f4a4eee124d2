// The open connections of a server, so that it can close those without a request. Node's own `closeIdleConnections` leaves out those that have sent
// nothing yet, and closes none that becomes idle later: browsers keep connections of both kinds open.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  /** With the number of their requests that are being answered. */
  readonly #open = new Map<Socket, number>();
  #isClosing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#open.set(socket, 0);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  /** Those without a request now, and the others when theirs is answered. */
  closeWhenIdle(): void {
    this.#isClosing = true;
    for (const [socket, requests] of this.#open) if (requests === 0) socket.end();
  }

  #count(socket: Socket, change: 1 | -1): void {
    const requests = this.#open.get(socket);
    if (requests === undefined) return;
    this.#open.set(socket, requests + change);
    if (this.#isClosing && requests + change === 0) socket.end();
  }
}
