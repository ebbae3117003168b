import assert from "node:assert/strict";
import { sqlStatements } from "./sql_statements.ts";

Deno.test("a file falls into statements at its bare semicolons, each with the line it begins on", () => {
  const file = `-- Intent; not a statement.
create table a (b text default 'x;''y', "c;d" int);

/* one; more */
create function f() returns text language plpgsql as $body$
begin
  return $$;$$ || e'\\';' || ';';
end;
$body$;
create function g() returns int begin atomic
  select 1;
  select 2;
end;
select 1 -- the last has none
`;
  const statements = sqlStatements(file);
  assert.deepEqual(statements.map(({ line }) => line), [2, 5, 10, 14]);
  assert.deepEqual(
    statements.map(({ text }) => text.slice(-12)),
    [
      `y', "c;d" int)`.slice(-12),
      "\nend;\n$body$".slice(-12),
      "  select 2;\nend".slice(-12),
      " last has none",
    ].map((text) => text.slice(-12)),
  );
});

Deno.test("a file of comments has no statement", () => {
  assert.deepEqual(sqlStatements("-- nothing;\n/* here; */\n;\n"), []);
});
