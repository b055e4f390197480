#!/bin/sh
# Runs as root after the package's files have been removed. dpkg passes the reason as a word, rpm the number
# of remaining versions.
set -e

case "$1" in
upgrade | failed-upgrade | abort-install | abort-upgrade | disappear | 1) exit 0 ;;
esac

if [ "$(readlink '/usr/bin/${executable}' || true)" = '/opt/${sanitizedProductName}/bin/${executable}' ]; then
  rm -f '/usr/bin/${executable}'
fi
if [ -f '/etc/apparmor.d/${executable}' ]; then
  if apparmor_status --enabled >/dev/null 2>&1; then apparmor_parser --remove '/etc/apparmor.d/${executable}' || true; fi
  rm -f '/etc/apparmor.d/${executable}'
fi

# Removes autostart entries, which no longer have a target, but not those of an AppImage or an unpacked
# archive.
homes=$(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 { print $6 }' | sort -u)
for home in $homes; do
  entry="$home/.config/autostart/${executable}.desktop"
  if [ -f "$entry" ] && [ ! -L "$entry" ] && grep -q '^Exec="*/opt/${sanitizedProductName}/' "$entry"; then rm -f "$entry"; fi
done

# Settings, queue and history are user data and are kept; a purge prints their location.
if [ "$1" = purge ]; then
  for home in $homes; do
    if [ -d "$home/.config/${sanitizedProductName}" ]; then
      echo "Settings, queue and history are kept in $home/.config/${sanitizedProductName}; remove that folder if nobody needs them."
    fi
  done
fi
if command -v update-mime-database >/dev/null; then update-mime-database /usr/share/mime || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database /usr/share/applications || true; fi
exit 0
