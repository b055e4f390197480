/** One message in ICU form, in each language, side by side so that none is forgotten. */
export type Message = readonly [en: string, simplified: string, traditional: string]
