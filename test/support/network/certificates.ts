import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certificate authority created by openssl for one test. */
export interface Authority {
  /** Path of its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly file: string
  /** Issues a server certificate for a DNS name. */
  issue(name: string, options?: { readonly expired?: boolean }): Promise<{ key: string; cert: string }>
}

export async function makeAuthority(): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-authority-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const at = (name: string) => join(folder, name)
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder })
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Ours',
  )
  await writeFile(at('index.txt'), '')
  await writeFile(
    at('ca.cnf'),
    [
      '[ca]',
      'default_ca = ours',
      '[ours]',
      ...['new_certs_dir = .', 'database = index.txt', 'rand_serial = yes', 'unique_subject = no'],
      ...['certificate = ca.pem', 'private_key = ca.key', 'default_md = sha256', 'default_days = 2'],
      ...['policy = any', 'copy_extensions = copy'],
      '[any]',
      'commonName = supplied',
    ].join('\n'),
  )
  let issued = 0
  return {
    file: at('ca.pem'),
    async issue(name, { expired = false } = {}) {
      const [key, request, cert] = ['key', 'csr', 'pem'].map((ending) => `${issued}.${ending}`) as [
        string,
        string,
        string,
      ]
      issued += 1
      const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
      await openssl('req', '-new', ...newKey, '-keyout', key, '-out', request, ...subject)
      const dates = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'] : []
      await openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...dates, '-in', request, '-out', cert)
      return { key: await readFile(at(key), 'utf8'), cert: await readFile(at(cert), 'utf8') }
    },
  }
}
