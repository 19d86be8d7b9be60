/*
 * libssh by its own reader of ssh_config: log in to HOST as the file says, and
 * print what COMMAND prints.
 *
 * usage: libssh-config CONFIG KNOWN_HOSTS HOST COMMAND
 */

#include <libssh/libssh.h>

#include <err.h>
#include <stdio.h>

static ssh_session session;

/* End with what libssh says about the failure. */
static void
want(int ok, const char *step)
{
	if (!ok)
		errx(255, "%s: %s", step, ssh_get_error(session));
}

int
main(int argc, char **argv)
{
	ssh_channel	 channel;
	char		 buf[256];
	int		 n;

	if (argc != 5)
		errx(255, "usage: libssh-config CONFIG KNOWN_HOSTS HOST COMMAND");
	session = ssh_new();
	want(ssh_options_set(session, SSH_OPTIONS_HOST, argv[3]) == SSH_OK, "host");
	want(ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, argv[2]) == SSH_OK, "known_hosts");
	want(ssh_options_parse_config(session, argv[1]) == SSH_OK, "config");
	want(ssh_connect(session) == SSH_OK, "connect");
	want(ssh_session_is_known_server(session) == SSH_KNOWN_HOSTS_OK, "host key");
	want(ssh_userauth_publickey_auto(session, NULL, NULL) == SSH_AUTH_SUCCESS, "login");
	channel = ssh_channel_new(session);
	want(ssh_channel_open_session(channel) == SSH_OK, "session");
	want(ssh_channel_request_exec(channel, argv[4]) == SSH_OK, "exec");
	while ((n = ssh_channel_read(channel, buf, sizeof buf, 0)) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	ssh_channel_free(channel);
	ssh_disconnect(session);
	ssh_free(session);
	return (0);
}
