import type { Attachment } from 'svelte/attachments'

/** Sets CSS properties through the object model: the page's policy allows no style attribute. */
export function cssProperties(properties: Readonly<Record<`--${string}`, string>>): Attachment<HTMLElement> {
  return ({ style }) => {
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, value)
  }
}
