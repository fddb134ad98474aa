// A line to the server that can be cut.

import { once } from "node:events";
import net from "node:net";
import { given } from "./visit.mjs";

export async function line() {
  const { hostname, port } = new URL(given.base);
  const ends = new Set();
  const cut = () => {
    for (const end of ends) end.destroy();
  };
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const end of [near, far]) {
      ends.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        near.destroy();
        far.destroy();
        ends.delete(end);
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const base = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.close();
    cut();
  };
  return { base, cut, close };
}
