import assert from "node:assert/strict";
import { armFaultPoints, faultPoint, withFaultPoints } from "./fault_points.ts";

class Account {
  #balance = 1;
  name = "demo";
  add(amount: number): Promise<number> {
    this.#balance += amount;
    return Promise.resolve(this.#balance);
  }
  read(): Promise<number> {
    return Promise.resolve(this.#balance);
  }
}

async function armed(fault: (point: string) => Promise<void>, test: () => Promise<void>) {
  armFaultPoints(fault);
  try {
    await test();
  } finally {
    armFaultPoints(null);
  }
}

Deno.test("nothing happens at a point that nobody armed", async () => {
  await faultPoint("anything");
  const account = withFaultPoints(new Account(), { add: "account.add" });
  assert.equal(await account.add(1), 2);
});

Deno.test("a named method passes its points before and after, in order, with its own this", async () => {
  const passed: string[] = [];
  await armed((point) => Promise.resolve(void passed.push(point)), async () => {
    const account = withFaultPoints(new Account(), { add: "account.add" });
    assert.equal(await account.add(2), 3);
    assert.deepEqual(passed, ["account.add.before", "account.add.after"]);
  });
});

Deno.test("methods without a name and fields are what they were", async () => {
  const passed: string[] = [];
  await armed((point) => Promise.resolve(void passed.push(point)), async () => {
    const account = withFaultPoints(new Account(), { add: "account.add" });
    assert.equal(account.name, "demo");
    assert.equal(await account.read(), 1);
    assert.deepEqual(passed, []);
  });
});

Deno.test("a fault before the call keeps it from happening", async () => {
  const target = new Account();
  const account = withFaultPoints(target, { add: "account.add" });
  await armed(
    (point) => point.endsWith(".before") ? Promise.reject(new Error("cut")) : Promise.resolve(),
    async () => {
      await assert.rejects(account.add(1), /cut/);
    },
  );
  assert.equal(await target.read(), 1);
});

Deno.test("a fault after the call loses the answer, not the effect", async () => {
  const target = new Account();
  const account = withFaultPoints(target, { add: "account.add" });
  await armed(
    (point) => point.endsWith(".after") ? Promise.reject(new Error("cut")) : Promise.resolve(),
    async () => {
      await assert.rejects(account.add(1), /cut/);
    },
  );
  assert.equal(await target.read(), 2);
});

Deno.test("an error of the method passes no point behind it", async () => {
  const passed: string[] = [];
  const target = { fail: () => Promise.reject(new Error("own")) };
  await armed((point) => Promise.resolve(void passed.push(point)), async () => {
    await assert.rejects(withFaultPoints(target, { fail: "t.fail" }).fail(), /own/);
  });
  assert.deepEqual(passed, ["t.fail.before"]);
});
