export type Figures = Record<string, string | number | Record<string, number>>;

export interface Printer {
  /** What is going on, for whoever waits. */
  say(what: string, fields?: Figures): void;
  verdict(figures: Figures, problems: string[], evidence: string | null): void;
}

/** Prints for people, or with `json` one object a line of which the last is the verdict. */
export function createPrinter({ task, json }: { task: string; json: boolean }): Printer {
  const began = performance.now();
  const seconds = () => Number(((performance.now() - began) / 1_000).toFixed(1));
  return {
    say(what, fields = {}) {
      if (json) return console.log(JSON.stringify({ task, seconds: seconds(), event: what, ...fields }));
      console.log(`${String(seconds().toFixed(1)).padStart(7)} s  ${what}  ${pairs(fields)}`.trimEnd());
    },
    verdict(figures, problems, evidence) {
      const clean = problems.length === 0;
      if (json) {
        const line = { task, seconds: seconds(), event: "verdict", clean, problems, evidence, ...figures };
        return console.log(JSON.stringify(line));
      }
      console.log("");
      for (const [name, value] of Object.entries(figures)) {
        console.log(`  ${name.padEnd(34)} ${typeof value === "object" ? pairs(value) : value}`);
      }
      console.log("");
      for (const problem of problems) console.log(`  ✗ ${problem}`);
      if (evidence !== null) console.log(`  evidence: ${evidence}`);
      console.log(`${task}: ${clean ? "clean" : "NOT CLEAN"} after ${seconds()} s`);
    },
  };
}

function pairs(fields: Figures): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join("  ");
}
