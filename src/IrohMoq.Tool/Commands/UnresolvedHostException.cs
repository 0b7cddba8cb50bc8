namespace IrohMoq.Tool.Commands;

/// <summary>The exception that is thrown when a host name has no address at present. A later lookup may succeed.</summary>
internal sealed class UnresolvedHostException(string message, Exception innerException) : IOException(message, innerException);
