import type { Message } from '../words.ts'

export const pageMessages = {} as const satisfies Record<string, Message>
