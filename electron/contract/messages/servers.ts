import type { Message } from '../../messages/message.ts'

/** What the list of servers, the verdict on one, proxies and the choice without a keychain say. */
export const serverMessages = {
  'note.forbidden-says': [
    'The server doesn’t allow this in {team}. The server says: “{words}” Ask a team admin.',
    '服务器不允许在 {team} 中执行此操作。服务器说明：“{words}”请联系团队管理员。',
    '伺服器不允許在 {team} 中執行此操作。伺服器說明：「{words}」請聯絡團隊管理員。',
  ],
  'servers.title': ['Servers', '服务器', '伺服器'],
  'servers.chosen': ['new sign-ins go here', '新登录使用此服务器', '新登入使用此伺服器'],
  'servers.choose': ['Use for new sign-ins', '用于新登录', '用於新登入'],
  'servers.choose-named': ['Use {host} for new sign-ins', '将 {host} 用于新登录', '將 {host} 用於新登入'],
  'servers.check': ['Check', '检查', '檢查'],
  'servers.check-named': ['Check {host}', '检查 {host}', '檢查 {host}'],
  'servers.checking': ['Asking the server…', '正在询问服务器…', '正在詢問伺服器…'],
  'servers.remove': ['Remove', '移除', '移除'],
  'servers.remove-named': ['Remove {host}', '移除 {host}', '移除 {host}'],
  'servers.limit': [
    'Largest file in one piece at {host}',
    '{host} 整体发送的最大文件',
    '{host} 整體傳送的最大檔案',
  ],
  'servers.add': ['Add a server', '添加服务器', '新增伺服器'],
  'servers.address': ['Address of another server', '其他服务器的地址', '其他伺服器的位址'],
  'servers.add-note': [
    'A Cyberun deployment of your own, such as https://models.example.com. It is asked before it is kept.',
    '自有的 Cyberun 部署，例如 https://models.example.com。保存前会先询问该服务器。',
    '自有的 Cyberun 部署，例如 https://models.example.com。儲存前會先詢問該伺服器。',
  ],
  'servers.server': ['Server', '服务器', '伺服器'],
  'servers.not-kept': ['Not kept.', '未保存。', '未儲存。'],

  'verdict.reached': ['Reachable', '可以连接', '可以連線'],
  'verdict.not-reached': ['Not reachable', '无法连接', '無法連線'],
  'verdict.api': ['Speaks the Cyberun API', '提供 Cyberun API', '提供 Cyberun API'],
  'verdict.not-api-why': [
    'Something else answers at this address: a login page of the network, or another web server. Check the address, or sign in to the network first.',
    '该地址由其他程序应答：可能是网络登录页面，或另一个网页服务器。请检查地址，或先登录网络。',
    '此位址由其他程式回應：可能是網路登入頁面，或另一個網頁伺服器。請檢查位址，或先登入網路。',
  ],
  'verdict.not-api': ['Not a Cyberun API', '不是 Cyberun API', '不是 Cyberun API'],
  'verdict.certificate': ['Certificate trusted', '证书受信任', '憑證受信任'],
  'verdict.no-certificate': ['Certificate untrusted', '证书不受信任', '憑證不受信任'],
  'verdict.clock': ['Clocks agree', '时钟一致', '時鐘一致'],
  'verdict.clock-ahead': [
    'This computer’s clock is {minutes, plural, one {# minute} other {# minutes}} ahead',
    '本机时钟快 {minutes, number} 分钟',
    '本機時鐘快 {minutes, number} 分鐘',
  ],
  'verdict.clock-behind': [
    'This computer’s clock is {minutes, plural, one {# minute} other {# minutes}} behind',
    '本机时钟慢 {minutes, number} 分钟',
    '本機時鐘慢 {minutes, number} 分鐘',
  ],
  'verdict.proxy': ['Through the proxy {proxy}', '经由代理 {proxy}', '經由代理伺服器 {proxy}'],

  'proxy.title': [
    'The proxy {proxy} wants you to sign in',
    '代理 {proxy} 要求登录',
    '代理伺服器 {proxy} 要求登入',
  ],
  'proxy.what': [
    'This network lets nothing out before its proxy knows who you are. This is not your Cyberun sign-in; ask whoever runs the network. Nothing is lost meanwhile.',
    '此网络的代理需要先确认您的身份才会放行。这不是 Cyberun 登录；请询问网络管理者。期间不会丢失任何内容。',
    '此網路的代理伺服器需要先確認您的身分才會放行。這不是 Cyberun 登入；請詢問網路管理者。期間不會遺失任何內容。',
  ],
  'proxy.refused': [
    'The proxy refused this name and password.',
    '代理拒绝了该用户名和密码。',
    '代理伺服器拒絕了該使用者名稱和密碼。',
  ],
  'proxy.name': ['Name at the proxy', '代理用户名', '代理使用者名稱'],
  'proxy.password': ['Password at the proxy', '代理密码', '代理密碼'],
  'proxy.kept': [
    'Kept in this computer’s keychain and given to this proxy only.',
    '保存在本机钥匙串中，只会提供给此代理。',
    '儲存在本機鑰匙圈中，只會提供給此代理伺服器。',
  ],
  'proxy.send': ['Sign in to the proxy', '登录代理', '登入代理伺服器'],
  'proxy.later': ['Not now', '暂不', '暫不'],

  'keychain.title': ['Your sign-in can’t be kept', '无法保存登录信息', '無法儲存登入資訊'],
  'keychain.session-only': ['Stay signed in until I quit', '登录保持到退出应用', '登入保持到結束應用程式'],
  'keychain.quit': ['Quit', '退出', '結束'],
  'keychain.choice': [
    'Without it you can go on until you quit: your sign-in then lies in memory only, never on the disk, and next time you sign in again. What was sent stays sent.',
    '没有它也可以继续使用，直到退出应用：登录信息只在内存中，绝不写入磁盘，下次需要重新登录。已发送的内容不受影响。',
    '沒有它也可以繼續使用，直到結束應用程式：登入資訊只在記憶體中，絕不寫入磁碟，下次需要重新登入。已傳送的內容不受影響。',
  ],

  'team.role': ['you are {role}', '您的角色：{role}', '您的角色：{role}'],
  'role.owner': ['owner', '所有者', '擁有者'],
  'role.admin': ['admin', '管理员', '管理員'],
  'role.member': ['member', '成员', '成員'],
  'role.viewer': ['viewer', '查看者', '檢視者'],
} as const satisfies Record<string, Message>
