import type { PageCustomer } from "./wire.ts";

type Language = PageCustomer["language"];

/** Who writes from the page. Their last four characters differ: masked addresses in the log tell them apart. */
export const demoCustomers: PageCustomer[] = [
  { address: "whatsapp:+5511987654321", name: "Maria Souza", language: "pt" },
  { address: "whatsapp:+447700900142", name: "Emma Clarke", language: "en" },
  { address: "whatsapp:+5491155501876", name: "Diego Fernández", language: "es" },
  { address: "whatsapp:+5521999990777", name: "João Lima", language: "pt" },
  { address: "whatsapp:US.13491208655302741918", name: "Ana, without a number", language: "en" },
];

/** Six messages as people send them: one thought split over many. */
export const bursts: Record<Language, string[]> = {
  pt: [
    "Oi, bom dia! 😊",
    "queria encomendar um bolo de aniversário 🎂",
    "é pra sábado, umas 20 pessoas",
    "tem de chocolate com morango?",
    "quanto fica?",
    "e vocês entregam em Pinheiros?",
  ],
  en: [
    "Hi, good morning! 😊",
    "I would like to order a birthday cake 🎂",
    "it is for Saturday, about 20 people",
    "do you have chocolate with strawberries?",
    "how much would that be?",
    "and can you deliver to Pinheiros?",
  ],
  es: [
    "¡Hola, buenos días! 😊",
    "quería encargar una torta de cumpleaños 🎂",
    "es para el sábado, unas 20 personas",
    "¿la tienen de chocolate con fresas?",
    "¿cuánto cuesta?",
    "¿y entregan en Pinheiros?",
  ],
};

export const quickReplies: Record<Language, { text: string; payload: string }> = {
  pt: { text: "Sim, pode reservar", payload: "reserve_yes" },
  en: { text: "Yes, please hold it", payload: "reserve_yes" },
  es: { text: "Sí, apártala", payload: "reserve_yes" },
};

export const places: Record<
  Language,
  { latitude: number; longitude: number; label: string; address: string }
> = {
  pt: { latitude: -23.5665, longitude: -46.6932, label: "Largo da Batata", address: "Pinheiros, São Paulo" },
  en: { latitude: -23.5614, longitude: -46.6559, label: "MASP", address: "Av. Paulista, 1578, São Paulo" },
  es: { latitude: -23.5874, longitude: -46.6576, label: "Parque Ibirapuera", address: "São Paulo" },
};
