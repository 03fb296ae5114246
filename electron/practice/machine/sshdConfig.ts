/** What `sshd -T` prints on a practice host: lower-case `key value` lines (sshd(8), extended test mode). */
export function sshdConfig(options: { passwords: boolean; rootLogin: "no" | "yes" | "without-password" }): string {
  const yes = options.passwords ? "yes" : "no";
  const lines: [string, string][] = [
    ["port", "22"],
    ["addressfamily", "any"],
    ["listenaddress", "0.0.0.0:22"],
    ["usepam", "yes"],
    ["logingracetime", "60"],
    ["maxauthtries", options.passwords ? "6" : "3"],
    ["maxsessions", "10"],
    ["clientaliveinterval", options.passwords ? "0" : "300"],
    ["clientalivecountmax", "2"],
    ["requiredrsasize", "2048"],
    ["permitrootlogin", options.rootLogin],
    ["ignorerhosts", "yes"],
    ["hostbasedauthentication", "no"],
    ["pubkeyauthentication", "yes"],
    ["passwordauthentication", yes],
    ["kbdinteractiveauthentication", "no"],
    ["x11forwarding", yes],
    ["strictmodes", "yes"],
    ["permitemptypasswords", "no"],
    ["permituserenvironment", "no"],
    ["allowtcpforwarding", "yes"],
    ["allowagentforwarding", yes],
    ["allowstreamlocalforwarding", "yes"],
    ["gatewayports", "no"],
    ["permittunnel", "no"],
    ["loglevel", "INFO"],
    [
      "ciphers",
      "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
    ],
    ["macs", "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"],
    ["kexalgorithms", "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256"],
    ["hostkeyalgorithms", "ssh-ed25519,rsa-sha2-512,rsa-sha2-256"],
    ["maxstartups", "10:30:60"],
    ["authorizedkeysfile", ".ssh/authorized_keys"],
    ["hostkey", "/etc/ssh/ssh_host_ed25519_key"],
    ["subsystem", "sftp /usr/lib/openssh/sftp-server"],
    ["acceptenv", "LANG"],
    ["acceptenv", "LC_*"],
  ];
  if (!options.passwords) lines.push(["allowgroups", "operators"]);
  return lines.map(([key, value]) => `${key} ${value}\n`).join("");
}
