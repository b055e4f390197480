/** Names that a page cannot guess, for what passes between its worlds and the host. */
export interface SecretNames {
  readonly toPage: string
  readonly toPreload: string
  readonly binding: string
  readonly deliver: string
}

export function secretNames(): SecretNames {
  const secret = `_${crypto.randomUUID().replaceAll('-', '')}`
  return { toPage: `${secret}p`, toPreload: `${secret}m`, binding: `${secret}b`, deliver: `${secret}d` }
}
