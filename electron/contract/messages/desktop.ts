import type { Message } from '../words.ts'

export const desktopMessages = {} as const satisfies Record<string, Message>
