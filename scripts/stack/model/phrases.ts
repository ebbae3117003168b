export type Language = "pt" | "en" | "es";

export interface Topic {
  /** Recognises the topic in any of the languages; accents are already removed. */
  pattern: RegExp;
  answer: Record<Language, string>;
}

/** What the baker's assistant can talk about; the first fitting topic wins. */
export const topics: Topic[] = [
  {
    pattern: /\[image|\[sticker|\bfoto\b|\bphoto\b|\bimagem\b|\bimagen\b|\bpicture\b/,
    answer: {
      pt: "recebi a foto! Me conta o que você quer parecido com ela 📸",
      en: "got the photo! Tell me what you would like to be like it 📸",
      es: "¡recibí la foto! Cuéntame qué quieres que se parezca 📸",
    },
  },
  {
    pattern: /\[(audio|video|document|contact)/,
    answer: {
      pt: "recebi seu arquivo; me conta em palavras do que se trata?",
      en: "got your file; could you tell me in words what it is about?",
      es: "recibí tu archivo; ¿me cuentas en palabras de qué se trata?",
    },
  },
  {
    pattern: /📍|\blatitude\b|\blocation\b|\blocalizacao\b|\bubicacion\b|-?\d{1,3}\.\d{3,}/,
    answer: {
      pt: "recebi sua localização, entregamos aí sim 📍",
      en: "got your location, and yes, we deliver there 📍",
      es: "recibí tu ubicación, y sí, entregamos ahí 📍",
    },
  },
  {
    pattern:
      /\bque horas\b|\bhorarios?\b|\babr(e|em|en|imos)\b|\bfecha(m)?\b|\bcierran?\b|\bopen(ing)?\b|\bclos(e|ing)\b|\bhours\b/,
    answer: {
      pt: "abrimos todos os dias, das 6h às 20h",
      en: "we are open every day from 6am to 8pm",
      es: "abrimos todos los días, de 6 a 20 h",
    },
  },
  {
    pattern: /\bentreg|\bfrete\b|\bdeliver|\benvi(o|os|an|ar)\b|\bpick (it )?up\b|\bretira/,
    answer: {
      pt: "entregamos na zona oeste por R$ 12, ou você retira aqui",
      en: "we deliver in the west of the city for R$ 12, or you pick it up here",
      es: "entregamos en la zona oeste por R$ 12, o lo retiras aquí",
    },
  },
  {
    pattern: /\bpix\b|\bpag(o|ar|amento)\b|\bcart(ao|oes)\b|\bpay|\bcards?\b|\btarjetas?\b|\bparcela/,
    answer: {
      pt: "aceitamos Pix, cartão e dinheiro",
      en: "we take Pix, cards and cash",
      es: "aceptamos Pix, tarjeta y efectivo",
    },
  },
  {
    pattern:
      /\bprecos?\b|\bquanto\b|\bvalor(es)?\b|\bprices?\b|\bhow much\b|\bcosts?\b|\bprecios?\b|\bcuanto\b|\bcuesta\b/,
    answer: {
      pt: "sai por R$ 95 o quilo, e fazemos um precinho para dois",
      en: "it is R$ 95 a kilo, and a little less if you take two",
      es: "sale R$ 95 el kilo, y un poco menos si llevas dos",
    },
  },
  {
    pattern: /\bpessoas\b|\bpeople\b|\bguests\b|\bpersonas\b|\binvitados\b|\bconvidados\b/,
    answer: {
      pt: "para esse tanto de gente sugiro 2,5 kg",
      en: "for that many I suggest 2.5 kilos",
      es: "para tantos sugiero 2,5 kg",
    },
  },
  {
    pattern: /\bchocolate\b|\bmorango|\bstrawberr|\bfresas?\b|\bsabor|\bflavou?r|\brecheio\b/,
    answer: {
      pt: "temos sim, é o que mais sai aqui 🍓",
      en: "yes, that is our favourite 🍓",
      es: "sí, es el que más sale 🍓",
    },
  },
  {
    pattern: /\breserv|\bguarda|\bsepara|\bhold\b|\bset (one )?aside\b|\bapart/,
    answer: {
      pt: "já deixei reservado no seu nome",
      en: "I have set it aside in your name",
      es: "ya lo dejé apartado a tu nombre",
    },
  },
  {
    pattern:
      /\bencomend|\bpedido|\bbolos?\b|\btortas?\b|\bpastel\b|\bcakes?\b|\border|\bencarg|\bpao\b|\bpaes\b|\bbread\b|\bpan\b/,
    answer: {
      pt: "claro! Fazemos com um dia de antecedência 🎂",
      en: "of course! We need one day of notice 🎂",
      es: "¡claro! Lo hacemos con un día de anticipación 🎂",
    },
  },
  {
    pattern: /\bobrigad|\bvaleu\b|\bthanks?\b|\bcheers\b|\bgracias\b/,
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
      pt: "oi! Que bom ter você por aqui 😊",
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
    /\b(oi|ola|voces?|tem|nao|sim|quanto|obrigad[oa]|bom|boa|dia|uma?|com|ate|hoje|amanha|meu|minha|qual|que horas|pra|para|preco|em|no|na|da|de|do|eu|nos|esse|essa|isso|quero|queria|pode)\b/g,
  en:
    /\b(the|you|do|does|is|are|hi|hello|thanks?|what|how|much|when|today|tomorrow|my|it|can|could|would|will|please|have|make|one|an?|and|this|that|for|yes|no|i|not|with|at|of|to)\b/g,
  es:
    /\b(hola|usted(es)?|tienen?|gracias|cuanto|cuesta|hoy|manana|mi|una?|con|el|la|los|las|que|buenas|buenos|para|y|en|es|de|yo|esta|este|eso|quiero|queria|puede|pueden)\b/g,
};

/** The likeliest language of a text; `otherwise` when nothing gives it away. */
export function languageOf(text: string, otherwise: Language): Language {
  // Places and marks such as [image] are not the customer's words.
  const spoken = text.replace(/^📍.*$/gmu, "").replace(/\[[^\]]*\]/g, "");
  const plain = withoutAccents(spoken);
  const score = (language: Language) => plain.match(markers[language])?.length ?? 0;
  const ranked = (["pt", "en", "es"] as const).toSorted((a, b) => score(b) - score(a));
  const [best = otherwise, second = otherwise] = ranked;
  if (/[ñ¿¡]/.test(spoken)) return "es";
  if (/[ãõç]/.test(spoken.toLowerCase())) return "pt";
  return score(best) > score(second) ? best : otherwise;
}

export function withoutAccents(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
