// Two clients, one on each transport, whom nothing that others do may disturb.

import assert from "node:assert/strict";
import { SeedClient } from "../../seeds/support/seed_client.mjs";

const ROOM = { roomName: "bystanders" };

export class Bystanders {
  #clients;
  #count = 0;

  /** In the default namespace, with the vocabulary rooms-mesh. */
  static async join(server) {
    const bystanders = new Bystanders();
    bystanders.#clients = [];
    for (const transport of ["polling", "websocket"]) {
      const client = await SeedClient.connect(server, { transports: [transport] });
      bystanders.#clients.push(client);
      client.emit("join_room", ROOM);
      for (const told of bystanders.#clients) assert.equal((await told.next())[0], "user_joined");
    }
    return bystanders;
  }

  /** Both get what each of them says, and nothing else. */
  async expectUndisturbed() {
    for (const client of this.#clients) {
      const content = { number: this.#count++, from: client.id };
      client.emit("message", { ...ROOM, content });
      for (const other of this.#clients) {
        const [event, message] = await other.next();
        assert.deepEqual([event, message.content], ["message", content]);
      }
    }
  }

  async leave() {
    for (const client of this.#clients) await client.close();
  }
}
