/* SPDX-License-Identifier: ISC */
/* Emitter: a PowerShell script for Windows. */

#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "emit/emit-hosts.h"
#include "emit/emit.h"
#include "wire/sshkey.h"

#define KEY_MAX		16384
#define LETTERS		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char	script_head[] =
    "# For Windows 10 (1809) and later, and Windows Server 2019 and later: an SSH server that the mesh reaches.\n"
    "# At the machine, in a PowerShell of an administrator: powershell -ExecutionPolicy Bypass -File THIS-FILE\n"
    "# It may be run again at any time.\n"
    "#Requires -Version 5.1\n"
    "#Requires -RunAsAdministrator\n"
    "\n"
    "$ErrorActionPreference = 'Stop'\n"
    "\n"
    "# A program tells by its exit status that it failed, which PowerShell does not look at.\n"
    "function Invoke-Program {\n"
    "    $program = $args[0]\n"
    "    $words = @($args | Select-Object -Skip 1)\n"
    "    & $program @words\n"
    "    if ($LASTEXITCODE -ne 0) { throw \"$program failed, exit status $LASTEXITCODE\" }\n"
    "}\n"
    "\n"
    "# Without --source, winget asks the store as well, and stops at its terms or at its certificate.\n"
    "function Install-WingetPackage($id) {\n"
    "    Invoke-Program 'winget' 'install' '--exact' '--id' $id '--source' 'winget' '--silent' "
    "'--accept-package-agreements' '--accept-source-agreements'\n"
    "}\n"
    "\n"
    "# Administrators (S-1-5-32-544) own it, and they and SYSTEM (S-1-5-18) alone have access. Their names differ from\n"
    "# language to language, their numbers do not.\n"
    "function Protect-File($file) {\n"
    "    Invoke-Program 'icacls.exe' $file '/setowner' '*S-1-5-32-544' '/q'\n"
    "    Invoke-Program 'icacls.exe' $file '/reset' '/q'\n"
    "    Invoke-Program 'icacls.exe' $file '/inheritance:r' '/grant' '*S-1-5-32-544:F' '/grant' '*S-1-5-18:F' '/q'\n"
    "}\n";

static const char	script_server[] = "\n"
    "# --- The SSH server: the part of Windows, or, where Windows may not fetch that, the package.\n"
    "if (-not (Get-Service -Name 'sshd' -ErrorAction SilentlyContinue)) {\n" "    try {\n"
    "        Get-WindowsCapability -Online | Where-Object { $_.Name -like 'OpenSSH.Server*' } |\n"
    "            ForEach-Object { Add-WindowsCapability -Online -Name $_.Name } | Out-Null\n"
    "    } catch {\n" "        Write-Warning \"Windows does not add its own OpenSSH server: $_\"\n"
    "    }\n" "}\n" "if (-not (Get-Service -Name 'sshd' -ErrorAction SilentlyContinue)) {\n"
    "    Install-WingetPackage 'Microsoft.OpenSSH.Preview'\n" "}\n"
    "Set-Service -Name 'sshd' -StartupType Automatic\n"
    "# The first start makes the host keys, and the folder ssh.\n" "Start-Service -Name 'sshd'\n";

static const char	script_firewall[] =
    "Get-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -ErrorAction SilentlyContinue | Enable-NetFirewallRule\n"
    "Get-NetFirewallRule -Name 'meshssh-ssh' -ErrorAction SilentlyContinue | Remove-NetFirewallRule\n"
    "New-NetFirewallRule -Name 'meshssh-ssh' -DisplayName 'SSH from the mesh (meshssh)' -Direction Inbound `\n"
    "    -Protocol TCP -LocalPort $ports -RemoteAddress '100.64.0.0/10', 'fd7a:115c:a1e0::/48' -Profile Any `\n"
    "    -Action Allow | Out-Null\n";

static const char	script_keys_admin[] =
    "# sshd reads the keys of administrators from this file alone, and only if nobody else can touch it.\n"
    "$file = Join-Path $env:ProgramData 'ssh\\administrators_authorized_keys'\n";

static const char	script_keys_user[] =
    "# sshd reads the keys of a user who is no administrator from that user's folder.\n"
    "$account = New-Object Security.Principal.NTAccount($user)\n"
    "$sid = $account.Translate([Security.Principal.SecurityIdentifier]).Value\n"
    "$folder = (Get-CimInstance Win32_UserProfile -Filter \"SID='$sid'\").LocalPath\n"
    "if (-not $folder) { throw \"$user has no folder yet: log in once as that user, then run this again\" }\n"
    "$folder = Join-Path $folder '.ssh'\n"
    "New-Item -ItemType Directory -Force -Path $folder | Out-Null\n"
    "$file = Join-Path $folder 'authorized_keys'\n";

static const char	script_keys[] =
    "$lines = @()\n"
    "if (Test-Path -LiteralPath $file) { $lines = @([IO.File]::ReadAllLines($file)) }\n"
    "foreach ($key in $keys) {\n"
    "    if ($lines -cnotcontains $key) { $lines += $key }\n"
    "}\n"
    "# UTF-8 without a mark, which is what sshd reads.\n"
    "[IO.File]::WriteAllLines($file, [string[]]$lines)\n"
    "Protect-File $file\n";

static const char	script_follow[] = "    $ErrorActionPreference = 'Stop'\n"
    "    $env:WSL_UTF8 = '1'\n"
    "    $mode = \"$(& wsl.exe @distribution --exec wslinfo --networking-mode)\".Trim()\n"
    "    # What is not there cannot be deleted, and that is no failure.\n"
    "    foreach ($kind in 'v4tov4', 'v6tov4') {\n"
    "        & netsh.exe interface portproxy delete $kind \"listenport=$listen\" | Out-Null\n"
    "    }\n" "    if ($mode -eq 'mirrored') {\n"
    "        # WSL has the addresses of Windows, and Hyper-V a firewall of its own; sshd in WSL is to listen here itself.\n"
    "        Get-NetFirewallHyperVRule -Name 'meshssh-ssh' -ErrorAction SilentlyContinue | Remove-NetFirewallHyperVRule\n"
    "        New-NetFirewallHyperVRule -Name 'meshssh-ssh' -DisplayName 'SSH to WSL (meshssh)' -Direction Inbound `\n"
    "            -VMCreatorId '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}' -Protocol TCP -LocalPorts $listen `\n"
    "            -Action Allow | Out-Null\n" "        return\n" "    }\n"
    "    # WSL is started by the question; its address is there a moment later, and another one each time.\n"
    "    $address = ''\n" "    for ($try = 0; $try -lt 30 -and $address -eq ''; $try++) {\n"
    "        if ($try -gt 0) { Start-Sleep -Seconds 1 }\n"
    "        $text = \"$(& wsl.exe @distribution --exec sh -c 'ip -4 -o addr show dev eth0 || hostname -I')\"\n"
    "        $address = [regex]::Match($text, '\\b\\d{1,3}(\\.\\d{1,3}){3}\\b').Value\n" "    }\n"
    "    if ($address -eq '') { throw 'WSL has no address' }\n"
    "    foreach ($kind in 'v4tov4', 'v6tov4') {\n"
    "        & netsh.exe interface portproxy add $kind \"listenport=$listen\" \"connectaddress=$address\" "
    "\"connectport=$connect\" | Out-Null\n"
    "        if ($LASTEXITCODE -ne 0) { throw \"netsh does not take the port proxy, exit status $LASTEXITCODE\" }\n"
    "    }\n" "}\n";

static const char	script_task[] =
    "# The same text in a file, which a task runs whenever this user logs in: WSL belongs to the user, not to SYSTEM.\n"
    "$file = Join-Path $env:ProgramData 'ssh\\meshssh-wsl-port.ps1'\n"
    "[IO.File]::WriteAllText($file, $follow.ToString())\n"
    "Protect-File $file\n"
    "$user = [Security.Principal.WindowsIdentity]::GetCurrent().Name\n"
    "$shell = Join-Path $env:SystemRoot 'System32\\WindowsPowerShell\\v1.0\\powershell.exe'\n"
    "$words = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -WindowStyle Hidden -File \"{0}\"' -f $file\n"
    "Register-ScheduledTask -TaskName 'meshssh WSL port' -Force `\n"
    "    -Action (New-ScheduledTaskAction -Execute $shell -Argument $words) `\n"
    "    -Trigger (New-ScheduledTaskTrigger -AtLogOn -User $user) `\n"
    "    -Principal (New-ScheduledTaskPrincipal -UserId $user -LogonType Interactive -RunLevel Highest) `\n"
    "    -Settings (New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries) | Out-Null\n"
    "# The port proxy is the work of this service.\n"
    "Set-Service -Name 'iphlpsvc' -StartupType Automatic\n"
    "Start-Service -Name 'iphlpsvc'\n"
    "& $follow\n";

static const char	script_mesh[] =
    "# tailscaled takes orders through a named pipe (ProtectedPrefix\\Administrators\\Tailscale\\tailscaled), from SYSTEM\n"
    "# and from the one user whom it serves at the time; and to log in takes a browser. A session of ssh or WinRM may\n"
    "# have neither: tailscale is refused there, or waits forever. They are in session 0, which nobody sits at.\n"
    "if ((Get-Process -Id $PID).SessionId -eq 0) {\n"
    "    Write-Warning 'The mesh can be joined from the desktop only: run this script once more there.'\n"
    "} else {\n"
    "    $tailscale = Join-Path $env:ProgramFiles 'Tailscale\\tailscale.exe'\n"
    "    if (-not (Test-Path -LiteralPath $tailscale)) { Install-WingetPackage 'Tailscale.Tailscale' }\n"
    "    # Unattended: it stays connected when nobody is logged in.\n"
    "    $status = & $tailscale status --json | Out-String | ConvertFrom-Json\n"
    "    if ($status.BackendState -eq 'Running') {\n"
    "        Invoke-Program $tailscale 'set' '--unattended'\n"
    "    } else {\n"
    "        Invoke-Program $tailscale 'up' '--unattended' @login\n"
    "    }\n"
    "    Invoke-Program $tailscale 'ip'\n"
    "}\n";

/*
 * A literal in single quotes, which are doubled within it. PowerShell takes the typographic ones
 * for the same, and reads a file without a mark in the code page of the machine: so there is plain
 * ASCII only. 0 or -1.
 */
static int
put_literal(FILE *fp, const char *text, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return (-1);
	fputc('\'', fp);
	for (i = 0; i < len; i++)
		fprintf(fp, text[i] == '\'' ? "''" : "%c", text[i]);
	fputc('\'', fp);
	return (0);
}

/* The length of "TYPE KEY", or with its comment if that is plain; 0 if this is no public key. */
static size_t
key_length(const char *line)
{
	size_t	key = (size_t)sshkey_text(line), i;
	int	plain = 1;

	if (key == 0 || key > KEY_MAX || (strncmp(line, "ssh-", 4) != 0 &&
	    strncmp(line, "ecdsa-", 6) != 0 && strncmp(line, "sk-", 3) != 0))
		return (0);
	for (i = key; line[i] != '\0'; i++) {
		plain &= line[i] >= ' ' && line[i] <= '~';
		if ((unsigned char)line[i] < ' ' || line[i] == '\x7f')
			return (0);
	}
	return (plain ? i : key);
}

static int
put_keys(FILE *fp, const json_t *list, const char *user, struct error *err)
{
	const char	*line;
	size_t		 i, len;

	fprintf(fp, "\n# --- Keys.\n");
	if (json_array_size(list) == 0) {
		fprintf(fp,
		    "Write-Warning 'There is no key in this script (--key): only a password opens the door.'\n");
		return (0);
	}
	fprintf(fp, "$keys = @(\n");
	for (i = 0; i < json_array_size(list); i++) {
		line = json_string_value(json_array_get(list, i));
		if (line == NULL || (len = key_length(line)) == 0) {
			error_set(err, CODE_BAD_KEY, "\"%.60s\" is not a public key",
			    line != NULL ? line : "");
			return (-1);
		}
		fprintf(fp, "    ");
		put_literal(fp, line, len);
		fputc('\n', fp);
	}
	fprintf(fp, ")\n");
	if (user != NULL) {
		fprintf(fp, "$user = ");
		if (put_literal(fp, user, strlen(user)) == -1) {
			error_set(err, CODE_USAGE, "--user: only plain ASCII can stand in the script");
			return (-1);
		}
		fputc('\n', fp);
	}
	fprintf(fp, "%s%s", user != NULL ? script_keys_user : script_keys_admin, script_keys);
	if (user != NULL)
		fprintf(fp, "Invoke-Program 'icacls.exe' $file '/grant' \"*${sid}:F\" '/q'\n");
	return (0);
}

/*
 * A value that is a word of a command there: of these characters alone. 0, or -1 with the error
 * set.
 */
static int
word_check(const char *option, const char *word, const char *allowed, struct error *err)
{
	size_t	len = strlen(word);

	if (len > 0 && len <= ADDR_HOST_MAX && word[0] != '-' && strspn(word, allowed) == len)
		return (0);
	error_set(err, CODE_USAGE, "--%s: \"%.60s\" cannot stand there", option, word);
	return (-1);
}

/* The port of sshd in the WSL that this machine is, or the usual one. */
static int
wsl_port(const json_t *facts)
{
	const char	*where = json_text_at(facts, "sshd.listens.0");
	char		 host[ADDR_HOST_MAX + 1];
	int		 port;

	return (json_number_at(facts, "system.wsl", 0) == 2 && where != NULL &&
	    addr_split(where, host, &port) == 0 ? port :
	    22);
}

static int
put_follow(FILE *fp, const json_t *doc, const char *forward, struct error *err)
{
	const char	*name = json_text_at(doc, "wanted.distribution");

	if (name != NULL && word_check("distribution", name, LETTERS "._-", err) == -1)
		return (-1);
	fprintf(fp,
	    "\n# --- Port %d of Windows leads to sshd in WSL.\n$follow = {\n    $distribution = @(",
	    addr_port(forward));
	if (name != NULL) {
		fprintf(fp, "'--distribution', ");
		put_literal(fp, name, strlen(name));
	}
	fprintf(fp, ")\n    $listen = '%d'\n    $connect = '%d'\n%s%s", addr_port(forward),
	    wsl_port(json_at(doc, "facts")), script_follow, script_task);
	return (0);
}

static int
put_mesh(FILE *fp, const char *server, struct error *err)
{
	fprintf(fp, "\n# --- The mesh.\n$login = @(");
	if (server != NULL) {
		if (word_check("login-server", server, LETTERS ".:/_~%[]-", err) == -1)
			return (-1);
		fprintf(fp, "'--login-server', ");
		put_literal(fp, server, strlen(server));
	}
	fprintf(fp, ")\n%s", script_mesh);
	return (0);
}

int
emit_windows(FILE *fp, const json_t *doc, struct error *err)
{
	const char	*forward = json_text_at(doc, "wanted.forward");

	if (forward != NULL && (addr_port(forward) == -1 || addr_port(forward) == 22)) {
		error_set(err, CODE_USAGE,
		    "--forward=%.20s: that is not a port, or it is the one of Windows's own sshd", forward);
		return (-1);
	}
	if (forward == NULL && json_at(doc, "wanted.distribution") != NULL) {
		error_set(err, CODE_USAGE, "--distribution says nothing without --forward=PORT");
		return (-1);
	}
	emit_header(fp, doc, "#");
	fprintf(fp,
	    "%s%s\n# --- The firewall: Windows opens the port for private networks at most, and may take the "
	    "mesh for a public one.\n$ports = @('22'", script_head, script_server);
	if (forward != NULL)
		fprintf(fp, ", '%d'", addr_port(forward));
	fprintf(fp, ")\n%s", script_firewall);
	if (put_keys(fp, json_at(doc, "wanted.keys"), json_text_at(doc, "wanted.user"),
	    err) == -1 ||
	    (forward != NULL && put_follow(fp, doc, forward, err) == -1))
		return (-1);
	return (put_mesh(fp, json_text_at(doc, "wanted.login-server"), err));
}
