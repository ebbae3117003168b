const enter = ["\r", "\n", "\u0004"];
const erase = ["\b", "\u007f"];

/** Asks on the terminal for one line that is not shown. Null: the input ended before anything was written. */
export function askHidden(question: string): string | null {
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  write(`${question} `);
  // Signals keep their meaning: Ctrl-C ends the command.
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    return readLine(() => {
      const chunk = new Uint8Array(1_024);
      const size = Deno.stdin.readSync(chunk);
      return size === null ? null : new TextDecoder().decode(chunk.subarray(0, size));
    });
  } finally {
    Deno.stdin.setRaw(false);
    write("\n");
  }
}

/** The characters up to the end of a line, less what was erased. */
export function readLine(read: () => string | null): string | null {
  let line = "";
  for (;;) {
    const chunk = read();
    if (chunk === null) return line === "" ? null : line;
    for (const character of chunk) {
      if (enter.includes(character)) return line;
      line = erase.includes(character) ? line.slice(0, -1) : line + character;
    }
  }
}
