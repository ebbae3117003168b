/** Models that the scripted model lists; it answers for any other too. One of them is about to be shut down. */
const shutdownDates = { "gpt-6.1-terra": null, "gpt-6-luna": null, "gpt-5-mini": "2026-12-11" };

/** https://platform.openai.com/docs/api-reference/models: the list, or one of it. Null: there is no such model. */
export function answerModels(path: string): unknown {
  const models = Object.entries(shutdownDates).map(([id, shutdown_date]) => ({
    id,
    object: "model",
    created: 1_764_028_800,
    owned_by: "recado",
    shutdown_date,
  }));
  if (path === "/v1/models") return { object: "list", data: models };
  return models.find(({ id }) => path === `/v1/models/${encodeURIComponent(id)}`) ?? null;
}
