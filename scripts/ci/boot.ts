// Boots a function on a port and interface of our choice: Deno 2.1 does not read DENO_SERVE_ADDRESS yet.

const serve = Deno.serve;
const address = { hostname: "127.0.0.1", port: Number(Deno.env.get("BOOT_PORT")) };

Object.defineProperty(Deno, "serve", {
  value: (...given: unknown[]) => {
    const handler = given.findLast((each): each is Deno.ServeHandler => typeof each === "function");
    if (!handler) throw new TypeError("Deno.serve was given no handler");
    return serve(address, handler);
  },
});

await import(Deno.env.get("BOOT_ENTRYPOINT") ?? "");
