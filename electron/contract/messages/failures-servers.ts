import type { Message } from '../../messages/message.ts'

/** Failures that lie in who may do what on a server, and in the proxy before it. */
export const serverFailures = {
  'failure.server-in-use': [
    '{host} stays in the list: somebody is signed in there, uploads wait for it, or new sign-ins go there. End that first.',
    '{host} 仍保留在列表中：有人已登录该服务器，有上传在等待它，或新的登录使用它。请先结束这些。',
    '{host} 仍保留在清單中：有人已登入該伺服器，有上傳在等待它，或新的登入使用它。請先結束這些。',
  ],
  'failure.forbidden': [
    'The server doesn’t allow this in {team}: you may be a viewer, adding models may be off, or this kind of sign-in may not do it. Ask a team admin.',
    '服务器不允许在 {team} 中执行此操作：您可能只是查看者，添加模型的功能可能已关闭，或此登录方式无权执行。请联系团队管理员。',
    '伺服器不允許在 {team} 中執行此操作：您可能只是檢視者，新增模型的功能可能已關閉，或此登入方式無權執行。請聯絡團隊管理員。',
  ],
  'failure.sign-in-forbidden': [
    'The server doesn’t let you sign in this way: the account may be blocked, or this may be switched off there. Ask a team admin.',
    '服务器不允许以此方式登录：账户可能已被封禁，或该方式在服务器上已关闭。请联系团队管理员。',
    '伺服器不允許以此方式登入：帳戶可能已被封鎖，或該方式在伺服器上已關閉。請聯絡團隊管理員。',
  ],
  'failure.proxy-sign-in': [
    'The proxy {host} of this network wants you to sign in to it, so nothing was sent. Sign in to the proxy and the upload goes on by itself.',
    '此网络的代理 {host} 要求登录，因此未发送任何内容。登录代理后上传会自动继续。',
    '此網路的代理伺服器 {host} 要求登入，因此未傳送任何內容。登入代理伺服器後上傳會自動繼續。',
  ],
  'failure.proxy-unreachable': [
    'The proxy {host} of this network doesn’t answer. Nothing is lost; uploads go on by themselves once it does.',
    '此网络的代理 {host} 没有响应。没有任何丢失；恢复后上传会自动继续。',
    '此網路的代理伺服器 {host} 沒有回應。沒有任何遺失；恢復後上傳會自動繼續。',
  ],
  'failure.proxy-refuses': [
    'The proxy {host} of this network doesn’t let this computer reach {server}, so nothing was sent. Ask whoever runs the network to allow it, then try again.',
    '此网络的代理 {host} 不允许本机访问 {server}，因此未发送任何内容。请让网络管理者放行，然后重试。',
    '此網路的代理伺服器 {host} 不允許本機存取 {server}，因此未傳送任何內容。請讓網路管理者放行，然後重試。',
  ],
} as const satisfies Record<`failure.${string}`, Message>
