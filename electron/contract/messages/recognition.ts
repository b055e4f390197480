import type { Message } from '../words.ts'

export const recognitionMessages = {} as const satisfies Record<string, Message>
