import { DEMO_ACCOUNTS, accountById } from './accounts.ts'
import { ApiError } from './api-error.ts'
import type { ApiContext } from './api.ts'
import type { Answer, Exchange } from './exchange.ts'
import { confirmPairing } from './routes/pairing.ts'
import { authenticate } from './routes/session.ts'

export const PAIR_PAGE = '/desktop/pair'

/**
 * The browser's part of a pairing, without scripts: shows the code, asks for account and team, and confirms.
 */
export async function answerPairPage(
  context: Pick<ApiContext, 'records' | 'now'>,
  exchange: Exchange,
): Promise<Answer> {
  if (exchange.request.method === 'GET') {
    return page(200, form(exchange.url.searchParams.get('user_code') ?? '', ''))
  }
  const sent = new URLSearchParams(await readText(exchange))
  const userCode = sent.get('user_code') ?? ''
  const [personId = '', teamId = ''] = (sent.get('who') ?? '').split('|')
  const person = authenticate(accountById(personId)?.email ?? '', sent.get('password') ?? '')
  if (!person) return page(401, form(userCode, 'That password is not right.'))
  try {
    confirmPairing(context, userCode, person, teamId)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return page(error.status, form(userCode, 'This code has run out, is unknown or was used already.'))
  }
  return page(200, '<h1>Paired</h1><p role="status">You can close this page and go back to the app.</p>')
}

function form(userCode: string, failure: string): string {
  const groups = DEMO_ACCOUNTS.map((account) => {
    const options = account.teams.map(
      (team) =>
        `<option value="${account.id}|${escape(team.id)}">${escape(team.displayName)} (${team.role})</option>`,
    )
    return `<optgroup label="${escape(`${account.displayName}, ${account.email}`)}">${options.join('')}</optgroup>`
  })
  return `<h1>Pair a computer</h1>
<p>Confirm only if the app shows the same code.</p>
${failure === '' ? '' : `<p role="alert">${escape(failure)}</p>`}
<form method="post" action="${PAIR_PAGE}">
<label>Code <input name="user_code" value="${escape(userCode)}" required autocomplete="off"></label>
<label>Person and team <select name="who">${groups.join('')}</select></label>
<label>Password <input name="password" type="password" required></label>
<button type="submit">Confirm</button>
</form>`
}

const STYLE = `body{font:16px/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}
label{display:block;margin:1rem 0}input,select{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}
button{font:inherit;padding:.5rem 1.5rem}input[name=user_code]{font:600 1.5rem ui-monospace,monospace}`

function page(status: number, inner: string): Answer {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Local Cyberun Cloud</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body><main>${inner}</main></body></html>`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    },
    body,
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

async function readText(exchange: Exchange): Promise<string> {
  let text = ''
  for await (const chunk of exchange.body()) if (text.length < 10_000) text += chunk.toString('utf8')
  return text
}
