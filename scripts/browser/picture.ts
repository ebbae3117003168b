import { launchChromium } from "./chromium.ts";
import { startStack } from "./running_stack.ts";

// Takes the README's picture anew: a burst and its one reply, and twenty duplicates that changed nothing.

const stack = await startStack();
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 });
  await page.goto(stack.pageUrl);
  await page.locator("#health[data-ready=true]").waitFor();
  const field = page.getByLabel("Message", { exact: true });
  for (
    const [name, body] of [["Diego", "¡Hola! ¿A qué hora abren?"], ["Emma", "Do you have sourdough bread?"]]
  ) {
    await page.getByRole("button", { name: new RegExp(name ?? "") }).click();
    await field.fill(body ?? "");
    await field.press("Enter");
    await page.locator(".bubble", { hasText: body ?? "" }).waitFor();
  }
  await page.getByRole("button", { name: /Maria/ }).click();
  await page.getByRole("button", { name: /Burst of six/ }).click();
  await page.locator("[data-author=business] .tick[data-tick=read]").waitFor();
  await page.locator(".round[data-running=false]").waitFor();
  await page.getByRole("button", { name: /again ×20/ }).click();
  await page.locator(".round [data-duplicates='20']").waitFor();
  await page.locator(".unread").nth(1).waitFor();
  await page.mouse.move(640, 20);
  await page.getByRole("log").focus();
  const settled = "Promise.all(document.getAnimations().map(({ finished }) => finished)).then(() => null)";
  await page.evaluate("document.activeElement.blur()");
  await page.evaluate(settled);
  await Deno.mkdir(new URL("../../docs/", import.meta.url), { recursive: true });
  await Deno.writeFile(new URL("../../docs/page.png", import.meta.url), await page.screenshot());
} finally {
  await browser.close();
  await stack.stop();
}
