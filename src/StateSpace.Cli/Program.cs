using StateSpace.Cli;
using StateSpace.Studies;

return CommandLine.Run(args, StudyCatalog.All);
