#!/bin/sh
# Runs as root after the package's files have been installed or updated.
set -e

# Starts the command line and the app by the same name; older packages linked to the app directly.
ln -sf '/opt/${sanitizedProductName}/bin/${executable}' '/usr/bin/${executable}'

# Chromium's sandbox uses user namespaces; it needs setuid root where ordinary users cannot create them. Root
# may create them even there, so `nobody` tries to. Setuid root also works where this cannot be tried.
if [ -L /proc/self/ns/user ] &&
  setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user true 2>/dev/null; then
  chmod 0755 '/opt/${sanitizedProductName}/chrome-sandbox' || true
else
  chmod 4755 '/opt/${sanitizedProductName}/chrome-sandbox' || true
fi

# Since 24.04 Ubuntu only allows user namespaces through AppArmor profiles.
if apparmor_status --enabled >/dev/null 2>&1; then
  profile='/opt/${sanitizedProductName}/resources/apparmor-profile'
  if apparmor_parser --skip-kernel-load --debug "$profile" >/dev/null 2>&1; then
    cp -f "$profile" '/etc/apparmor.d/${executable}'
    if ! { [ -x /usr/bin/ischroot ] && /usr/bin/ischroot; }; then
      apparmor_parser --replace --write-cache --skip-read-cache '/etc/apparmor.d/${executable}' || true
    fi
  fi
fi

# Updates the MIME types, the menu and the icons; a package manager's triggers may do this again.
if command -v update-mime-database >/dev/null; then update-mime-database /usr/share/mime || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database /usr/share/applications || true; fi
if command -v gtk-update-icon-cache >/dev/null; then gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || true; fi
exit 0
