export type Language = "pt" | "en" | "es";

export interface Topic {
  /** Recognises the topic in any of the languages; accents are already removed. */
  pattern: RegExp;
  answer: Record<Language, string>;
}

/** What the shop assistant can talk about; the first fitting topic wins. */
export const topics: Topic[] = [
  {
    pattern: /\[image|image\/|\bphoto\b|\bfoto\b|\bimagem\b|\bimagen\b|\bpicture\b|\bfile\b|\barquivo\b/,
    answer: {
      pt: "foto recebida, ficou ótima! Temos esse modelo na loja 📸",
      en: "got your photo, lovely! We have that one in the shop 📸",
      es: "foto recibida, ¡qué linda! Tenemos ese modelo en la tienda 📸",
    },
  },
  {
    pattern: /\blatitude\b|\blocation\b|\blocalizacao\b|\bubicacion\b|-?\d{1,3}\.\d{3,}/,
    answer: {
      pt: "recebi sua localização, entregamos aí sim 📍",
      en: "got your location, and yes, we deliver there 📍",
      es: "recibí tu ubicación, y sí, llegamos hasta ahí 📍",
    },
  },
  {
    pattern: /\bhor(a|as|ario|arios)\b|\babre|\bfecha\b|\bopen|\bclos(e|ing)|\bhours\b|\babren\b|\bcierran\b/,
    answer: {
      pt: "abrimos de segunda a sábado, das 9h às 19h",
      en: "we are open Monday to Saturday, 9am to 7pm",
      es: "abrimos de lunes a sábado, de 9 a 19 h",
    },
  },
  {
    pattern:
      /\bentrega|\bfrete\b|\bdeliver|\bshipping\b|\benvi(o|os|an|ar)\b|\bchega\b|\bllega\b|\bget here\b/,
    answer: {
      pt: "entregamos em até 2 dias úteis, frete grátis acima de R$ 150",
      en: "delivery takes up to 2 working days, free above £30",
      es: "el envío tarda hasta 2 días hábiles, gratis desde $ 30.000",
    },
  },
  {
    pattern:
      /\bpix\b|\bpag(o|ar|amento)\b|\bcart(ao|oes)\b|\bpay|\bcards?\b|\btarjetas?\b|\bcuotas\b|\bparcela/,
    answer: {
      pt: "aceitamos Pix, cartão em até 3x e dinheiro",
      en: "we take cards, bank transfer and cash",
      es: "aceptamos tarjeta, transferencia y efectivo",
    },
  },
  {
    pattern: /\bpreco|\bquanto\b|\bvalor\b|\bprice|\bhow much\b|\bcost|\bprecio|\bcuanto\b|\bcuesta\b/,
    answer: {
      pt: "sai por R$ 129,90, e 10% de desconto levando dois",
      en: "it is £24.90, with 10% off when you take two",
      es: "cuesta $ 24.900, con 10% de descuento si llevas dos",
    },
  },
  {
    pattern:
      /\btamanho|\bnumero\b|\bsizes?\b|\btallas?\b|\btem (o|a|em|no)\b|\bdo you have\b|\btienen\b|\bestoque\b|\bstock\b/,
    answer: {
      pt: "temos sim, em estoque e nesse tamanho",
      en: "yes, we have it in stock in that size",
      es: "sí, lo tenemos en stock y en esa talla",
    },
  },
  {
    pattern: /\bcor(es)?\b|\bazul\b|\bpreto\b|\bcolou?rs?\b|\bblue\b|\bblack\b|\bcolor(es)?\b|\bnegro\b/,
    answer: {
      pt: "essa cor está disponível, e também em preto e verde",
      en: "that colour is available, and so are black and green",
      es: "ese color está disponible, y también en negro y verde",
    },
  },
  {
    pattern: /\breserv|\bguarda|\bsepara|\bhold\b|\bkeep (it|one)\b|\bset aside\b|\bapart/,
    answer: {
      pt: "já separei um para você até amanhã",
      en: "I have set one aside for you until tomorrow",
      es: "ya aparté uno para ti hasta mañana",
    },
  },
  {
    pattern: /\bobrigad|\bvaleu\b|\bthank|\bthanks\b|\bcheers\b|\bgracias\b/,
    answer: {
      pt: "eu que agradeço! 💚",
      en: "my pleasure! 💚",
      es: "¡gracias a ti! 💚",
    },
  },
  {
    pattern:
      /\b(oi|ola|bom dia|boa tarde|boa noite|hi|hello|hey|good (morning|afternoon|evening)|hola|buenas|buenos dias)\b/,
    answer: {
      pt: "oi! Tudo ótimo por aqui, e com você? 😊",
      en: "hello! Lovely to hear from you 😊",
      es: "¡hola! Qué gusto leerte 😊",
    },
  },
];

export const frames: Record<
  Language,
  { opening: (count: number) => string; closing: string; noted: string }
> = {
  pt: {
    opening: (count) => `Vi suas ${count} mensagens, vamos por partes:`,
    closing: "Posso ajudar em mais alguma coisa?",
    noted: "anotado, já estou vendo isso para você",
  },
  en: {
    opening: (count) => `I read all ${count} of your messages, one by one:`,
    closing: "Is there anything else I can do for you?",
    noted: "noted, I am looking into it for you",
  },
  es: {
    opening: (count) => `Leí tus ${count} mensajes, vamos por partes:`,
    closing: "¿Te ayudo con algo más?",
    noted: "anotado, ya lo estoy viendo para ti",
  },
};

const markers: Record<Language, RegExp> = {
  pt:
    /\b(oi|ola|voces?|tem|nao|sim|quanto|obrigad[oa]|bom|boa|dia|uma?|com|ate|hoje|amanha|meu|minha|qual|que horas|pra|para|preco|em|no|na)\b/g,
  en:
    /\b(the|you|do|does|is|are|hi|hello|thanks?|what|how|much|when|today|tomorrow|my|it|can|please|have|one|and)\b/g,
  es:
    /\b(hola|usted(es)?|tienen?|gracias|cuanto|cuesta|hoy|manana|mi|una?|con|el|la|los|las|que|buenas|buenos|para|y|en|es)\b/g,
};

/** The likeliest language of a text; `otherwise` when nothing gives it away. */
export function languageOf(text: string, otherwise: Language): Language {
  const plain = withoutAccents(text);
  const score = (language: Language) => plain.match(markers[language])?.length ?? 0;
  const ranked = (["pt", "en", "es"] as const).toSorted((a, b) => score(b) - score(a));
  const [best = otherwise, second = otherwise] = ranked;
  if (/[ñ¿¡]/.test(text)) return "es";
  if (/[ãõç]/.test(text.toLowerCase())) return "pt";
  return score(best) > score(second) ? best : otherwise;
}

export function withoutAccents(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
