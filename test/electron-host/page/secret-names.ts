/**
 * Random names for the communication between a page's worlds and the host, so that the page cannot guess
 * them.
 */
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
