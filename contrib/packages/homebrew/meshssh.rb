# A formula for a tap. Whoever publishes a release puts its place into url, and the line of SHA256SUMS into sha256.
class Meshssh < Formula
  desc "Brings ssh through broken mesh and network paths"
  homepage "https://example.org/meshssh"
  url "https://example.org/meshssh/meshssh-0.9.tar.xz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "ISC"

  depends_on "pkgconf" => :build
  depends_on "jansson"
  depends_on "libevent"
  depends_on "libsodium"

  def install
    system "./configure", *std_configure_args
    system "make", "install"
  end

  def caveats
    <<~EOS
      meshssh-config install HOST makes ssh reach a host through meshssh.
      meshssh-config serve prints what lets sessions with this machine outlive their connections.
    EOS
  end

  test do
    assert_match "meshssh #{version}", shell_output("#{bin}/meshssh --version")
    assert_match "ProxyCommand #{HOMEBREW_PREFIX}/bin/meshssh ",
                 shell_output("#{bin}/meshssh-config stanza --match=nas")
    # nothing listens at port 1
    assert_match "refused", shell_output("#{bin}/meshssh 127.0.0.1 1 2>&1", 69)
  end
end
