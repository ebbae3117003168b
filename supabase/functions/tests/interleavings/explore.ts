/** One step of one actor. */
export interface Move {
  actor: number;
  label: string;
  /** The tables whose rows it locks; of a commit, those that the transaction locked. */
  locks: readonly string[];
  reads: readonly string[];
  commits: boolean;
}

/** A run under way, always from the same start. */
export interface Play {
  /** What may be done now; empty once all have ended. */
  moves(): Move[];
  make(move: Move): Promise<void>;
  /** Lets everybody run to the end without a stop. */
  abandon(): Promise<void>;
}

export interface Explored {
  /** Orders that differ in something an actor could notice. */
  schedules: number;
  /** Runs cut short because another one shows the same. */
  redundant: number;
  /** Runs in which PostgreSQL let another one of two waiters go first than before; judged too, and repeated. */
  strayed: number;
  moves: number;
}

interface Fork {
  left: Move[];
  /** What need not be tried here: it was, and nothing since then depends on it. */
  asleep: Move[];
}

const repetitions = 20;
const mostRuns = 3_000;

/**
 * Plays every order of the actors' steps, depth first, each class of orders that nobody can tell apart once (sleep sets;
 * `everyOrder` plays them all). `end` judges a finished run and says whether to go on.
 */
export async function explore(
  options: { begin: () => Promise<Play>; end: (trace: Move[]) => Promise<boolean>; everyOrder?: boolean },
): Promise<Explored> {
  const { begin, end, everyOrder = false } = options;
  const explored: Explored = { schedules: 0, redundant: 0, strayed: 0, moves: 0 };
  const forks: Fork[] = [];
  let patience = repetitions;
  let runs = 0;
  do {
    const play = await begin();
    const trace: Move[] = [];
    let outcome: "schedules" | "redundant" | "strayed" = "schedules";
    for (let moves = play.moves(); moves.length > 0; moves = play.moves()) {
      const at = trace.length;
      if (at === forks.length) {
        const asleep = everyOrder ? [] : inherited(forks.at(-1));
        const left = moves.filter((move) => !asleep.some((sleeping) => sleeping.actor === move.actor));
        if (left.length === 0) {
          outcome = "redundant";
          break;
        }
        forks.push({ left, asleep });
      }
      const chosen = forks[at]?.left[0];
      const move = moves.find(({ actor }) => actor === chosen?.actor);
      if (move?.label !== chosen?.label || !move) {
        outcome = "strayed";
        break;
      }
      trace.push(move);
      await play.make(move);
    }
    explored.moves += trace.length;
    explored[outcome]++;
    if (outcome !== "schedules") await play.abandon();
    if (!await end(trace)) break;
    if (++runs > mostRuns) throw new Error(`There are more than ${mostRuns} orders.`);
    if (outcome === "strayed" && patience-- > 0) continue;
    patience = repetitions;
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
  // What is not committed shows only in its locks.
  if (overlap(a.locks, b.locks)) return false;
  return !(a.commits && overlap(a.locks, b.reads)) && !(b.commits && overlap(b.locks, a.reads));
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((each) => others.includes(each));
}
