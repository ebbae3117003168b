/** One step of one actor. */
export interface Move {
  actor: number;
  label: string;
  /** The tables whose rows it locks; a star stands for a commit, which everybody may notice. */
  locks: readonly string[];
}

/** A run under way, always from the same start. */
export interface Play {
  /** What may be done now; empty once all have ended. */
  moves(): Move[];
  make(move: Move): Promise<void>;
}

export interface Explored {
  /** Orders that differ in something an actor could notice. */
  schedules: number;
  /** Runs given up because another one shows the same. */
  redundant: number;
  moves: number;
}

interface Fork {
  left: Move[];
  /** What need not be tried here: it was, and nothing since then depends on it. */
  asleep: Move[];
}

/**
 * Plays every order of the actors' steps, depth first, each class of orders that nobody can tell apart once (sleep sets;
 * `everyOrder` plays them all). `end` judges a finished run and says whether to go on.
 */
export async function explore(
  options: { begin: () => Promise<Play>; end: (trace: Move[]) => Promise<boolean>; everyOrder?: boolean },
): Promise<Explored> {
  const { begin, end, everyOrder = false } = options;
  const explored: Explored = { schedules: 0, redundant: 0, moves: 0 };
  const forks: Fork[] = [];
  do {
    const play = await begin();
    const trace: Move[] = [];
    let isRedundant = false;
    for (let moves = play.moves(); moves.length > 0; moves = play.moves()) {
      const at = trace.length;
      if (!isRedundant && at === forks.length) {
        const asleep = everyOrder ? [] : inherited(forks.at(-1));
        const left = moves.filter((move) => !asleep.some((sleeping) => sleeping.actor === move.actor));
        if (left.length === 0) isRedundant = true;
        else forks.push({ left, asleep });
      }
      const chosen = isRedundant ? undefined : forks[at]?.left[0];
      const move = chosen ? moves.find(({ actor }) => actor === chosen.actor) : moves[0];
      if (!move) throw new Error(`The run is not the same again: ${chosen?.label} cannot be done.`);
      trace.push(move);
      await play.make(move);
    }
    explored.moves += trace.length;
    explored[isRedundant ? "redundant" : "schedules"]++;
    if (!await end(trace)) break;
    while (forks.length > 0 && !advance(forks[forks.length - 1])) forks.pop();
  } while (forks.length > 0);
  return explored;
}

function advance(fork: Fork | undefined): boolean {
  const done = fork?.left.shift();
  if (done) fork?.asleep.push(done);
  return (fork?.left.length ?? 0) > 0;
}

function inherited(fork: Fork | undefined): Move[] {
  const made = fork?.left[0];
  return fork && made ? fork.asleep.filter((move) => commute(move, made)) : [];
}

/** Whether the order of two steps of different actors makes no difference to anybody. */
function commute(a: Move, b: Move): boolean {
  if (a.locks.includes("*") || b.locks.includes("*")) return false;
  return !a.locks.some((table) => b.locks.includes(table));
}
