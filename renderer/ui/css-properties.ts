import type { Attachment } from 'svelte/attachments'

/** Sets CSS properties from script, because the Content-Security-Policy forbids style attributes. */
export function cssProperties(properties: Readonly<Record<`--${string}`, string>>): Attachment<HTMLElement> {
  return ({ style }) => {
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, value)
  }
}
