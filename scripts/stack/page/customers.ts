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
    "vi uma camiseta azul na vitrine",
    "ainda tem no tamanho M?",
    "quanto custa?",
    "entrega em Pinheiros até sexta?",
    "dá pra pagar com pix?",
  ],
  en: [
    "Hi, good morning! 😊",
    "I saw a blue T-shirt in your window",
    "do you have it in size M?",
    "how much is it?",
    "can you deliver by Friday?",
    "and do you take cards?",
  ],
  es: [
    "¡Hola, buenos días! 😊",
    "vi una camiseta azul en la vidriera",
    "¿la tienen en talla M?",
    "¿cuánto cuesta?",
    "¿el envío llega antes del viernes?",
    "¿puedo pagar con tarjeta?",
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
  pt: { latitude: -23.5614, longitude: -46.6559, label: "MASP", address: "Av. Paulista, 1578, São Paulo" },
  en: { latitude: 51.5081, longitude: -0.0759, label: "Tower of London", address: "London EC3N 4AB" },
  es: { latitude: -34.6037, longitude: -58.3816, label: "Obelisco", address: "Av. 9 de Julio, Buenos Aires" },
};
