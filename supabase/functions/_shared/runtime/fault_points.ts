/** What an armed fault does at a point; null is nothing. */
export type FaultHook = (point: string) => Promise<void>;

let armed: FaultHook | null = null;

/**
 * A named place before or after every call to the database or over HTTP, for tests that break things there.
 * In production nothing is armed and this returns at once.
 */
export async function faultPoint(point: string): Promise<void> {
  if (armed) await armed(point);
}

/** Tests only. Null disarms. */
export function armFaultPoints(fault: FaultHook | null): void {
  armed = fault;
}

/** `target` with a fault point before and after each of the named methods. */
export function withFaultPoints<T extends object>(target: T, points: { [K in keyof T]?: string }): T {
  return new Proxy(target, {
    get(object, key) {
      const method: unknown = Reflect.get(object, key);
      if (typeof method !== "function") return method;
      const point: unknown = Reflect.get(points, key);
      if (typeof point !== "string") return method.bind(object);
      return async (...args: unknown[]) => {
        await faultPoint(`${point}.before`);
        const result: unknown = await Reflect.apply(method, object, args);
        await faultPoint(`${point}.after`);
        return result;
      };
    },
  });
}
