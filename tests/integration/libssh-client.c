/*
 * libssh through SSH_OPTIONS_PROXYCOMMAND, where the proxy's stdin and stdout
 * are one end of a socketpair, not two pipes as under OpenSSH.
 *
 * usage: libssh-client HOST PORT USER KEY KNOWN_HOSTS PROXYCOMMAND COMMAND
 *
 * Logs in, runs COMMAND with this program's stdin as its input, copies its
 * output to stdout and exits with its status, or with 255 and a line on
 * stderr if the session fails.
 */

#include <libssh/libssh.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static ssh_session session;

/* End with what libssh says about the failure. */
static void
fail(const char *step)
{
	errx(255, "%s: %s", step, ssh_get_error(session));
}

static void
set(enum ssh_options_e option, const void *value)
{
	if (ssh_options_set(session, option, value) != SSH_OK)
		fail("ssh_options_set");
}

/* The whole input first: COMMAND must take it all before it writes much. */
static void
send_input(ssh_channel channel)
{
	char	 buf[32768];
	ssize_t	 n;

	while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
		if (ssh_channel_write(channel, buf, (uint32_t)n) != n)
			fail("ssh_channel_write");
	if (ssh_channel_send_eof(channel) != SSH_OK)
		fail("ssh_channel_send_eof");
}

static void
copy_output(ssh_channel channel)
{
	char	 buf[32768];
	int	 n;

	while ((n = ssh_channel_read(channel, buf, sizeof buf, 0)) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			err(255, "stdout");
	if (n < 0)
		fail("ssh_channel_read");
	if (fflush(stdout) != 0)
		err(255, "stdout");
}

int
main(int argc, char **argv)
{
	ssh_channel	 channel;
	ssh_key		 key;
	long		 timeout = 20;
	int		 no = 0, status;

	if (argc != 8)
		errx(255, "usage: libssh-client HOST PORT USER KEY KNOWN_HOSTS"
		    " PROXYCOMMAND COMMAND");
	if ((session = ssh_new()) == NULL)
		errx(255, "ssh_new");
	/* The configuration of whoever runs the test must not matter. */
	set(SSH_OPTIONS_PROCESS_CONFIG, &no);
	set(SSH_OPTIONS_HOST, argv[1]);
	set(SSH_OPTIONS_PORT_STR, argv[2]);
	set(SSH_OPTIONS_USER, argv[3]);
	set(SSH_OPTIONS_KNOWNHOSTS, argv[5]);
	set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
	set(SSH_OPTIONS_PROXYCOMMAND, argv[6]);
	set(SSH_OPTIONS_TIMEOUT, &timeout);
	if (ssh_connect(session) != SSH_OK)
		fail("ssh_connect");
	if (ssh_session_is_known_server(session) != SSH_KNOWN_HOSTS_OK)
		errx(255, "the host key is not the known one");
	if (ssh_pki_import_privkey_file(argv[4], NULL, NULL, NULL, &key) !=
	    SSH_OK)
		errx(255, "%s: no key", argv[4]);
	if (ssh_userauth_publickey(session, NULL, key) != SSH_AUTH_SUCCESS)
		fail("ssh_userauth_publickey");
	ssh_key_free(key);

	if ((channel = ssh_channel_new(session)) == NULL ||
	    ssh_channel_open_session(channel) != SSH_OK ||
	    ssh_channel_request_exec(channel, argv[7]) != SSH_OK)
		fail("exec");
	send_input(channel);
	copy_output(channel);
	status = ssh_channel_get_exit_status(channel);
	ssh_channel_free(channel);
	ssh_disconnect(session);
	ssh_free(session);
	return (status < 0 ? 255 : status);
}
