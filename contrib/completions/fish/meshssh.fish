# Completion for meshssh, meshssh-doctor, meshssh-config and meshssh-serve, whose files are links to this one. Options and
# their values are what the program itself says with --help; hosts are those that ssh's own completion knows, and the peers
# of the mesh. What belongs to ssh is completed by ssh's own completion.

# Peers by their short and full names, with the user who is typed before them.
function __meshssh_peers
    set -l user (commandline -ct | string match -r '^[^-].*@')
    command meshssh-config tailnet 2>/dev/null | string match -r '^Host .*' | string split ' ' |
        string match -r '^[a-z0-9][a-z0-9._-]*[a-z0-9_-]$' | string match -rv '^[0-9.]+$' |
        string replace -r '^' "$user"
end

function __meshssh_hosts
    __meshssh_peers
    __fish_print_hostnames
end

# Those of -F are lost where the completion of another program is wrapped.
function __meshssh_files
    __fish_complete_path (commandline -ct | string replace -r '^--[a-z-]+=' '')
end

# Whether ssh's host is still to come, or the doctor's, which has any number of them.
function __meshssh_host_next
    set -l value 0
    for word in (commandline -opc)[2..-1]
        switch $word
            case --doctor --scan
                return 0
            case '--*=*' --relay --fdpass --no-cache --debug --
                set value 0
            case '--*' '-*B' '-*b' '-*c' '-*D' '-*E' '-*e' '-*F' '-*I' '-*i' '-*J' '-*L' '-*l' '-*m' '-*O' '-*o' '-*p' \
                '-*Q' '-*R' '-*S' '-*W' '-*w'
                set value 1
            case '-*'
                set value 0
            case '*'
                test $value = 1 || return 1
                set value 0
        end
    end
    test $value = 0
end

function __meshssh_option -a program name value text
    switch "$value"
        case ''
            complete -c $program -l $name -d "$text"
        case FILE PATH SOCKET FOLDER
            complete -c $program -l $name -x -a '(__meshssh_files)' -d "$text"
        case 'NAME*'
            complete -c $program -l $name -x -a '(__meshssh_hosts)' -d "$text"
        case '*'
            set -l values (string split '|' -- $value | string replace -r '\[.*' '' | string match -rv '^[A-Z]')
            complete -c $program -l $name -x -a "$values" -d "$text"
    end
end

# A long option has its text in the next line.
function __meshssh_complete -a program
    set -l option
    for line in (command $program --help 2>/dev/null)
        if set -l found (string match -r '^  --([a-z][a-z-]*)(=\S+|) *(.*)' -- $line)
            set option $found[2] (string sub -s 2 -- "$found[3]")
            test -z "$found[4]" || __meshssh_option $program $option $found[4]
        else if set -l found (string match -r '^ {20,}(\S.*)' -- $line)
            __meshssh_option $program $option $found[2]
        else if test $program = meshssh-config; and set -l found (string match -r '^  ([a-z][a-z-]*) .*?  +(\S.*)' -- $line)
            complete -c $program -n __fish_is_first_token -a $found[2] -d $found[3]
        end
    end
end

switch (status basename)
    case meshssh.fish
        __meshssh_complete meshssh
        complete -c meshssh --wraps ssh
        complete -c meshssh -n __meshssh_host_next -a '(__meshssh_peers)' -d 'peer of the mesh'
    case meshssh-serve.fish
        complete -c meshssh-serve -f
        __meshssh_complete meshssh-serve
    case '*'
        set -l program (string replace .fish '' (status basename))
        complete -c $program -f -a '(__meshssh_hosts)'
        __meshssh_complete $program
end
