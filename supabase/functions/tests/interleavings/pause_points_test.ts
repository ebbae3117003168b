import assert from "node:assert/strict";
import { type SqlFunction, withPauses } from "./pause_points.ts";

const callee = (name: string, language: string, body: string): SqlFunction => ({ name, language, body });
const all = new Map([
  callee("waiting_rows", "view", " SELECT q.id FROM public.message_queue q;"),
  callee("is_holder", "sql", "select true"),
  callee("has_due_rows", "sql", "select exists (select from public.message_queue)"),
  callee("clear", "sql", "delete from public.message_queue"),
  callee("move", "plpgsql", "begin update public.conversations set x = 1; end"),
].map((each) => [each.name, each]));

function paused(body: string): string {
  return withPauses({ name: "f", language: "plpgsql", body }, all)
    .replaceAll(/perform test_pause\.at\('f', (\d+), '([^']*)', '([^']*)'\);/g, "<$1 $2/$3>");
}

Deno.test("a pause stands before each statement that touches a table or the clock, with the tables it locks", () => {
  assert.equal(
    paused(
      "declare v int; begin select 1 into v from public.a for no key update; v := 2; v := clock_timestamp(); end;",
    ),
    "declare v int; begin <1 a/a> select 1 into v from public.a for no key update; v := 2; <2 /> v := clock_timestamp(); end;",
  );
});

Deno.test("blocks are entered, and a case is not taken for one", () => {
  assert.equal(
    paused(
      "begin if x = case when a then b else c end then delete from public.a; else loop insert into public.b values (1); end loop; end if; end;",
    ),
    "begin if x = case when a then b else c end then <1 a/a> delete from public.a; else loop <2 b/b> insert into public.b values (1); end loop; end if; end;",
  );
});

Deno.test("a function that is called counts with what it does, unless it pauses by itself", () => {
  assert.equal(
    paused(
      "begin if private.is_holder() then return; end if; if private.has_due_rows() then perform private.clear(); end if; perform private.move(); end;",
    ),
    "begin if private.is_holder() then return; end if; <1 /message_queue> if private.has_due_rows() then <2 message_queue/message_queue> perform private.clear(); end if; perform private.move(); end;",
  );
});

Deno.test("a view counts with the table behind it", () => {
  assert.equal(
    paused("begin perform private.move(); delete from private.waiting_rows w where w.id = 1; end;"),
    "begin perform private.move(); <1 message_queue/message_queue> delete from private.waiting_rows w where w.id = 1; end;",
  );
});
