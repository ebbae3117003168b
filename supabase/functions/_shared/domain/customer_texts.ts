/** What Recado says to customers by itself, when the assistant has no text of its own. */
export interface CustomerTexts {
  /** Sent when a batch is given up on. */
  fallback: string;
  /** Sent when a conversation becomes idle. */
  idle: string;
}

export type Language = "pt" | "en" | "es";

const texts: Record<Language, CustomerTexts> = {
  pt: {
    fallback:
      "Desculpe, estou com dificuldades técnicas e não consegui responder agora. Por favor, tente novamente em alguns minutos.",
    idle: "Você ainda está aí? Se precisar de mais alguma coisa, é só escrever.",
  },
  en: {
    fallback:
      "Sorry, I am having technical difficulties and could not answer just now. Please try again in a few minutes.",
    idle: "Are you still there? If you need anything else, just write.",
  },
  es: {
    fallback:
      "Disculpa, tengo dificultades técnicas y no he podido responder ahora. Por favor, inténtalo de nuevo en unos minutos.",
    idle: "¿Sigues ahí? Si necesitas algo más, solo escribe.",
  },
};

export function customerTexts(locale: string): CustomerTexts {
  return texts[languageOf(locale)];
}

/** `pt-BR`, `pt_PT` and `pt` are one language here; a locale we have no texts for gets English. */
export function languageOf(locale: string): Language {
  const language = locale.trim().toLowerCase().split(/[-_]/, 1)[0];
  return language === "pt" || language === "es" ? language : "en";
}
